import type { OutputFile } from './target.ts';

export const textFile = (path: string, text: string): OutputFile => ({ path, bytes: new TextEncoder().encode(text) });
