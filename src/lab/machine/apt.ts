import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AptSource, debianArchive, parseDeb822, parseOneLineStyle, sourcesFor } from './apt-sources.ts';
import { run } from './command.ts';
import { LabError } from './lab-error.ts';

/** The Debian archive of this machine's own apt configuration: only its suite is ever changed. */
function machineArchive(directory = '/etc/apt'): AptSource {
  const parts = join(directory, 'sources.list.d');
  const files = existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [];
  const sources = [join(directory, 'sources.list'), ...files].filter(existsSync).flatMap((file) => {
    if (file.endsWith('.sources')) return parseDeb822(readFileSync(file, 'utf8'));
    return file.endsWith('.list') ? parseOneLineStyle(readFileSync(file, 'utf8')) : [];
  });
  const archive = debianArchive(sources);
  if (archive !== undefined) return archive;
  throw new LabError(
    'apt on this machine knows no Debian archive',
    'The lab builds its hosts from Debian packages: run it on Debian, or add a Debian archive to /etc/apt/sources.list.d.',
  );
}

/** Writes the machine's archive with another suite; the path of the file. */
export async function writeSources(directory: string, suite: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${suite}.sources`);
  await writeFile(file, sourcesFor(machineArchive(), suite));
  return file;
}

/** Downloads packages of another suite, as files, with lists of their own: the machine's apt is left as it is. */
export async function downloadPackages(
  into: string,
  suite: string,
  packages: string[],
  signal?: AbortSignal,
): Promise<void> {
  const own = join(into, 'apt');
  await mkdir(join(own, 'lists/partial'), { recursive: true });
  await mkdir(join(own, 'cache/archives/partial'), { recursive: true });
  await writeFile(join(own, 'status'), '');
  const options = [
    `Dir::State::lists=${own}/lists`,
    `Dir::State::status=${own}/status`,
    `Dir::Cache=${own}/cache`,
    `Dir::Etc::sourcelist=${await writeSources(own, suite)}`,
    'Dir::Etc::sourceparts=/dev/null',
    'Acquire::Languages=none',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  await run('apt-get', [...options, '-q', 'update'], { signal });
  await run('apt-get', [...options, '-q', 'download', ...packages], { cwd: into, signal });
}
