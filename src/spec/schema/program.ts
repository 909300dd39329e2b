import type { Static } from 'typebox';
import type { Artifact, SidekickArtifact } from './artifact.ts';

/** The names of artifact.ts, for those who load no schema. */
export type ProgramSource = 'package' | 'image' | 'release' | Static<typeof Artifact>;
export type ProgramName = 'consul' | 'etcd' | 'socat' | 'node' | 'kubelet';
export type SidekickSource = 'inline' | 'release' | Static<typeof SidekickArtifact>;

export const FETCHABLE = { pattern: '^https?://[!-~]+$', maxLength: 1000 };

/** Whether hosts can be told to fetch this. */
export const isFetchable = (url: string) =>
  new RegExp(FETCHABLE.pattern).test(url) && url.length <= FETCHABLE.maxLength;

/** The sidekicks come as a script by URL, and Node runs them. Of a draft as well, which may lack its parts. */
export const isScript = <T extends { readonly url?: string | undefined }>(
  source: T | string | undefined,
): source is T => typeof source === 'object' && /^[^?#]*\.cjs([?#]|$)/.test(source.url ?? '');

/** Endings of what hosts unpack; they take everything else for an executable. */
export const ARCHIVES = ['.tar.gz', '.tgz', '.tar.xz', '.zip'];

/** Whether hosts unpack what is at this URL: they know endings in lower case only. */
export const isArchive = (url: string) => ARCHIVES.some((one) => url.replace(/[?#].*$/, '').endsWith(one));
