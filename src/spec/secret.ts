/** Secrets that can be told by their form, each with a name for it. A hash or a public key has none of these forms. */
const FORMS: readonly (readonly [what: string, form: RegExp])[] = [
  ['a private key', /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*/g],
  [
    'a signed URL',
    /(?<=[?&](?:X-Amz-(?:Credential|Signature|Security-Token)|X-Goog-(?:Credential|Signature)|Signature|AWSAccessKeyId|GoogleAccessId|sig)=)[^&\s"']+/gi,
  ],
  ['an access key of AWS', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ['an API key of Google', /\bAIza[\w-]{35}/g],
  ['a token of GitHub', /\b(?:gh[pousr]_\w{36,}|github_pat_\w{22,})/g],
  ['a token of GitLab', /\bglpat-[\w-]{20,}/g],
  ['a token of Vault', /\bhv[sbr]\.[\w-]{20,}/g],
  ['a token of Slack', /\bxox[abprs]-[\w-]{10,}/g],
  ['a JSON Web Token', /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+/g],
];

/** A word that says of what stands after it that it is secret: `gossip_encrypt: …`, `token=…`; etcd's `auth-token` names a kind. */
const NAMED =
  /\b(\w*(?:password|passphrase|secret|(?<!\bauth-)token|encrypt|api_?key|access_?key)\w*["']?[ \t]*[:=][ \t]*)("[^"]*"?|'[^']*'?|[^\s,}\]&"']+)/gi;
/** A gossip key or a token of Consul, as far as its form tells: what else has it need not be shown either. */
const CONSULS = /(?<![\w+/-])(?:[A-Za-z0-9+/]{43}=|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\w-])/gi;
/** The user of a URL, and the password. */
const USER = /(?<=:\/\/)[^/?#\s@"']+(?=@)/g;

/** The name of the first secret that a text has by its form; undefined: none. */
export function secretIn(text: string): string | undefined {
  return FORMS.find(([, form]) => text.search(form) >= 0)?.[0];
}

const stars = (text: string) => text.replace(/[^\s"']/g, '*');

/** Values of `consul.encrypt`, `consul.tokens` and `secrets` as they ought to be: where the secret is. */
const isPlace = (name: string, value: string): boolean =>
  (/^encrypt\W/.test(name) && /^\/[a-z]+(\/[\w.@-]+)+$/.test(value)) ||
  (/^tokens\W/.test(name) && (value === 'off' || value.startsWith('{'))) ||
  (/^secrets\W/.test(name) && /^(\{.*|[a-z]{1,12})$/.test(value));

/** Whether a text is, by its form, a gossip key or a token of Consul. */
export const isConsulSecret = (text: string): boolean => text.search(CONSULS) >= 0;

/** A text to show, as long as it was: every secret in it, by form or by name, is stars. */
export function masked(text: string): string {
  const named = text.replace(
    NAMED,
    (_, name: string, value: string) => name + (isPlace(name, value) ? value : stars(value)),
  );
  const whole = FORMS.reduce((shown, [, form]) => shown.replace(form, stars), named);
  return whole.replace(USER, stars).replace(CONSULS, stars);
}
