"""The words of an answer without what its mail program put around them: the mail that is answered, and signatures.

Rather a quoted line too much than a word of the customer's too few: what looks like a quotation and is not followed by one stays.
"""

from __future__ import annotations

import re
from itertools import groupby

# What our mails begin with. Mail programs may put `>` before it, or change its dashes.
MARKER = "--- Answer above this line ---"
_MARKER = re.compile(r"^\W*(?:Answer above this line|Antworte oberhalb dieser Zeile)\W*$", re.IGNORECASE)
_QUOTED = re.compile(r"^\s{0,3}>")

# "On … wrote:", in the words of the common mail programs. Each needs a figure (of a date) or an address, or could be a sentence.
_ATTRIBUTIONS = re.compile(
    r"On\b.+\bwrote:"  # English
    r"|(?:Am|On|Den)\b.+\bschrieb\b.*:"  # German
    r"|Le\b.+\ba écrit\s?:"  # French
    r"|El\b.+\bescribió:"  # Spanish
    r"|Il\b.+\bha scritto:"  # Italian
    r"|Em\b.+\bescreveu(?: no dia .+)?\s?:"  # Portuguese
    r"|Op\b.+\bschreef\b.*:"  # Dutch
    r"|Den\b.+\bskrev\b.*:"  # Swedish, Danish, Norwegian
    r"|在.+写道[:：]",  # Chinese
    re.IGNORECASE,
)
# Those that begin with the date or the name: of lines that could be read together, they take as few as they can.
_LOOSE_ATTRIBUTIONS = re.compile(
    r".+\b(?:pisze|napisał(?:a|\(a\))?|napsal(?:a|\(a\))?)\s?:"  # Polish, Czech
    r"|.+\bkirjoitti\b.*:"  # Finnish
    r"|.+\b(?:пишет|писал|написал(?:а|\(а\))?|пише|написав|написала)\s?:"  # Russian, Ukrainian
    r"|.+\byazdı:"  # Turkish
    r"|.+(?:のメール|書きました|작성)[:：]"  # Japanese, Korean
    r"|.*\d.*<[^\s<>]+@[^\s<>]+>\s?[:：]",  # a date and an address, in any language
    re.IGNORECASE,
)
_DATE_OR_ADDRESS = re.compile(r"\d|@")
# A long address makes programs break the line.
_ATTRIBUTION_LINES = 4
_LONGEST = 500

_FROM = r"(?:From|Von|De|Da|Van|Od|Från|Fra|Lähettäjä|От|Від|Kimden|发件人|差出人|보낸 사람)"
_NEXT = (
    r"(?:Sent|Date|To|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado(?: el)?|Para|Asunto|Assunto|Inviato|Data|A|Oggetto|"
    r"Verzonden|Aan|Onderwerp|Wysłano|Do|Temat|Odesláno|Komu|Předmět|Skickat|Till|Ämne|Sendt|Til|Emne|Lähetetty|Vastaanottaja|Aihe|"
    r"Отправлено|Дата|Кому|Тема|Надіслано|Gönderildi|Tarih|Kime|Konu|发送时间|收件人|主题|送信日時|宛先|件名|보낸 날짜|받는 사람|제목)"
)
# Outlook's block of headers: at least two more of them follow the sender's.
_OUTLOOK_FIRST = re.compile(rf"^\s*\**{_FROM}\s?[:：]\**\s*\S", re.IGNORECASE)
_OUTLOOK_NEXT = re.compile(rf"^\s*\**{_NEXT}\s?[:：]\**", re.IGNORECASE)
_ORIGINAL = re.compile(
    r"^\s*-{2,}\s*(?:Original Message|Original Appointment|Forwarded message|Ursprüngliche Nachricht|Originalnachricht|"
    r"Message d'origine|Message original|Mensaje original|Messaggio originale|Mensagem original|Oorspronkelijk bericht|"
    r"Wiadomość oryginalna|Původní zpráva|Originalmeddelande|Oprindelig meddelelse|Opprinnelig melding|Alkuperäinen viesti|"
    r"Исходное сообщение|Orijinal İleti|原始邮件|元のメッセージ|원본 메시지)\s*-{2,}\s*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*_{20,}\s*$")
# A line of its own at the very end, which no person has typed.
_DEVICE = re.compile(
    r"^\s*(?:(?:Sent|Get Outlook) (?:from|for|with|using|via)\b.{1,60}|Von (?:meinem|meiner)\b.{1,40}gesendet.?|"
    r"Gesendet (?:von|mit)\b.{1,60}|Envoyé (?:de|depuis|à partir de)\b.{1,60}|Enviado (?:desde|do|a partir d)\b.{1,60}|"
    r"Inviato da\b.{1,60}|Verzonden (?:vanaf|met)\b.{1,60}|Wysłane z\b.{1,60}|Skickat från\b.{1,60}|Sendt fra\b.{1,60}|"
    r"Lähetetty\b.{1,60}|Отправлено (?:с|из)\b.{1,60}|.{1,40}'?den gönderildi|.{0,40}から送信|发自我的.{1,40}|나의 .{1,30}에서 보냄)\s*$",
    re.IGNORECASE,
)
# A line of two dashes may be a rule that somebody drew; a signature is short.
_SIGNATURE_LINES = 10


def trimmed(text: str) -> str:
    """What the sender wrote. Empty if that is nothing."""
    lines = _before_unmarked_quote(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    runs = [(quoted, [line for line, _ in run]) for quoted, run in groupby(lines, key=lambda line: line[1])]
    answers = any(quoted and any(_MARKER.match(line) for line in run) for quoted, run in runs)
    kept: list[str] = []
    for number, (quoted, run) in enumerate(runs):
        if quoted:
            # Without our mail in it, and nothing that says whose words they are, they may be the customer's own.
            kept += [] if answers else run
            continue
        is_followed = number + 1 < len(runs)
        answers = (is_followed and _drop_attribution(run)) or answers
        _drop_signature(run)
        kept += [line.rstrip() for line in run]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _before_unmarked_quote(lines: list[str]) -> list[tuple[str, bool]]:
    """Each line with whether it is quoted, up to where a quotation begins that has no sign at its lines: one line stands for it."""
    found: list[tuple[str, bool]] = []
    for number, line in enumerate(lines):
        if _QUOTED.match(line):
            found.append((line, True))
        elif _MARKER.match(line) or _ORIGINAL.match(line) or _begins_outlook(lines, number):
            return [*found, (MARKER, True)]
        else:
            found.append((line, False))
    return found


def _begins_outlook(lines: list[str], number: int) -> bool:
    line = lines[number]
    if _RULE.match(line):
        following = [later for later in lines[number + 1 : number + 4] if later.strip()]
        return bool(following) and _OUTLOOK_FIRST.match(following[0]) is not None
    if not _OUTLOOK_FIRST.match(line):
        return False
    following = [later for later in lines[number + 1 : number + 8] if later.strip()][:4]
    return sum(_OUTLOOK_NEXT.match(later) is not None for later in following) >= 2


def _drop_attribution(kept: list[str]) -> bool:
    """Take "On … wrote:" from the end, where a quotation follows; it may have been broken into several lines. Whether it was there."""
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    for words in (_ATTRIBUTIONS, _LOOSE_ATTRIBUTIONS):
        for count in range(1, min(_ATTRIBUTION_LINES, end) + 1):
            said = " ".join(line.strip() for line in kept[end - count : end])
            if len(said) < _LONGEST and _DATE_OR_ADDRESS.search(said) and words.fullmatch(said):
                del kept[end - count :]
                return True
    return False


def _drop_signature(kept: list[str]) -> None:
    for number, line in enumerate(kept):
        follow = len(kept) - number - 1
        if line == "-- " or (line.strip() == "--" and follow <= _SIGNATURE_LINES):
            del kept[number:]
            break
    while kept and (not kept[-1].strip() or _DEVICE.match(kept[-1])):
        kept.pop()
