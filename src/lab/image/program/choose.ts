import { byVersion } from './manifest.ts';

const isOf = (version: string, line: string) => `${version}.`.startsWith(`${line}.`);

/** The minor line of a version; of Node, the major one. */
export function lineOf(program: string, version: string): string {
  return version
    .split('.')
    .slice(0, program === 'node' ? 1 : 2)
    .join('.');
}

/** The newest of these that is `asked` (`3.7.3`) or of that line (`3.7`). */
export function newestOf<T extends { version: string }>(have: readonly T[], asked: string): T | undefined {
  return have
    .filter(({ version }) => isOf(version, asked))
    .sort(byVersion)
    .at(-1);
}

/** The version that may stand in for another: that one, else the newest of its line, else the newest of all. */
export function nearest<T extends { version: string }>(
  have: readonly T[],
  program: string,
  version: string,
): T | undefined {
  const exact = have.find((one) => one.version === version);
  return exact ?? newestOf(have, lineOf(program, version)) ?? [...have].sort(byVersion).at(-1);
}

/** The version that is written in the last part of a URL, as releases have it: `consul_1.20.1_linux_amd64.zip`. */
export function versionIn(url: string): string | undefined {
  return /\d+\.\d+\.\d+/.exec(new URL(url).pathname.split('/').at(-1) ?? '')?.[0];
}

/** Whether a URL names, by its last part, another architecture than this one. */
export function isForeign(url: string, arch: 'amd64' | 'arm64'): boolean {
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  return (arch === 'arm64' ? /amd64|x86_64|[^a-z]x64/ : /arm64|aarch64/).test(name);
}
