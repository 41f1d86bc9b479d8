from support.models.announcements import Announcement, AnnouncementSeen
from support.models.answering import CannedReply, ServiceLevel
from support.models.articles import Article, ArticleCategory, ArticleVote
from support.models.attachments import Attachment, AttachmentContent
from support.models.legal import LegalPage
from support.models.mail import InboundMail
from support.models.messages import IdempotencyKey, TicketMessage
from support.models.tickets import Tag, Ticket

__all__ = [
    "Announcement",
    "AnnouncementSeen",
    "Article",
    "ArticleCategory",
    "ArticleVote",
    "Attachment",
    "AttachmentContent",
    "CannedReply",
    "IdempotencyKey",
    "InboundMail",
    "LegalPage",
    "ServiceLevel",
    "Tag",
    "Ticket",
    "TicketMessage",
]
