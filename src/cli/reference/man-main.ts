// Prints the man page; the build takes it (build.mjs).
import { manPage } from './man.ts';

process.stdout.write(await manPage());
