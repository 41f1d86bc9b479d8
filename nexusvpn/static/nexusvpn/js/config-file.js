// The WireGuard configuration as text, and the name of the file it is saved under.

const PLACEHOLDER = /^# PrivateKey =.*$/gm;
const MARK = "{{PRIVATE_KEY}}";
const INTERFACE_NAME_LENGTH = 15;
const FALLBACK_NAME = "nexusvpn";

/** The configuration with its one placeholder line replaced by the private key. */
export function fillPrivateKey(config, privateKey) {
  const found = config.match(PLACEHOLDER);
  if (found?.length !== 1) throw new Error("The configuration has no single place for the private key.");
  return config.replace(PLACEHOLDER, () => `PrivateKey = ${privateKey}`);
}

/** A profile with its one mark replaced by the private key, whose characters XML takes as they are. */
export function fillMark(profile, privateKey) {
  const parts = profile.split(MARK);
  if (parts.length !== 2) throw new Error("The profile has no single place for the private key.");
  return parts.join(privateKey);
}

/**
 * A file name for a device, which `wg-quick` also takes as the interface name: at most 15 characters of
 * `[a-z0-9_.-]` before `.conf`. It also takes `=` and `+`, but then fails to name its own nftables table.
 */
export function configFileName(deviceName) {
  const name = deviceName
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, "-")
    .replace(/^[-.]+/, "")
    .slice(0, INTERFACE_NAME_LENGTH)
    .replace(/[-.]+$/, "");
  return `${name || FALLBACK_NAME}.conf`;
}
