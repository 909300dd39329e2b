/** Something is wrong with the user's disk or installation: what happened, and what to do about it. The CLI prints both and exits with 1. */
export class IoError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IoError';
    this.remedy = remedy;
  }
}

const CAUSES: Readonly<Record<string, readonly [string, string]>> = {
  EACCES: ['permission denied', 'Choose a directory that you may write to, or change its owner.'],
  EPERM: ['permission denied', 'Choose a directory that you may write to, or change its owner.'],
  EROFS: ['the file system is read-only', 'Choose a directory on another file system.'],
  ENOSPC: ['the disk is full', 'Free some space, or choose a directory on another disk.'],
  EDQUOT: ['the disk quota is used up', 'Free some space, or choose a directory on another disk.'],
  ENOTDIR: ['a file is where a directory is needed', 'Move the file away, or choose another directory.'],
  EEXIST: ['a file is where a directory is needed', 'Move the file away, or choose another directory.'],
  ENOTEMPTY: ['another program wrote there at the same moment', 'Run the command again.'],
  ENOENT: ['it does not exist', 'Check the path.'],
  EISDIR: ['it is a directory', 'Give the path of a file.'],
};

/** The code of a system call's error, `ENOSPC` …; undefined for every other error. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** Makes an IoError of a system call's error; gives back what is none, because that is a bug. */
export function toIoError(error: unknown, doing: string): unknown {
  const code = errorCode(error);
  if (code === undefined || !(error instanceof Error)) return error;
  const [cause, remedy] = CAUSES[code] ?? [error.message, 'Repair that, and run the command again.'];
  return new IoError(`${doing}: ${cause} (${code}).`, remedy, { cause: error });
}
