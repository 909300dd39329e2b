import { fill } from '../../plan/fill.ts';

/** A file as it lies on a host, owned by root. */
export interface HostFile {
  path: string;
  mode: number;
  content: string;
}

const END = 'QG-END';

/**
 * The provisioner: each file in a here-document, as it is where that is safe, else base64. There is no carriage return
 * in it, so Vagrant's repair of line ends changes nothing but what an editor or git on Windows did.
 */
export function printScript(template: string, files: readonly HostFile[]): string {
  return fill(template, { files: files.map(printFile).join('\n') });
}

function printFile({ path, mode, content }: HostFile): string {
  if (!/^\/[A-Za-z0-9._/@+-]+$/.test(path)) throw new Error(`not a plain path: ${path}`);
  const isPlain = /^[\t\n -~\u00a0-\u{10ffff}]*\n$/u.test(content) && !content.split('\n').includes(END);
  const [command, body] = isPlain ? ['text', content] : ['bytes', base64(content)];
  return `${command} ${mode.toString(8)} ${path} <<'${END}'\n${body}${END}`;
}

function base64(content: string): string {
  const bytes = new TextEncoder().encode(content);
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replace(/.{1,76}/g, '$&\n');
}
