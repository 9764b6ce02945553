/** Replaces everything secret in a text. */
export type Redact = (text: string) => string;

/**
 * Creates the filter that every message passes on its way out: it replaces the given secrets by `***`, and strips
 * credentials, path and query from every URL, because providers put the key there.
 */
export function createRedact(secrets: readonly string[]): Redact {
  const known = secrets
    .flatMap((secret) => [secret, secret.replace(/^0x/, "")])
    .filter((secret) => secret.length >= 8)
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const withoutSecrets = known.reduce((rest, secret) => rest.replaceAll(secret, "***"), stripUrls(text));
    return withoutSecrets;
  };
}

/** Reduces every URL in a text to its protocol and host. */
export function stripUrls(text: string): string {
  return text.replace(/\b(?:https?|wss?):\/\/[^\s"'`,)<>\\]+/g, (url) => {
    if (!URL.canParse(url)) return "***";
    const { protocol, host, pathname, search, username } = new URL(url);
    const hidden = username !== "" || pathname.length > 1 || search !== "";
    return `${protocol}//${host}${hidden ? "/***" : ""}`;
  });
}
