import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';

/**
 * Real programs that this machine has: those that an environment variable names, parted by colons, and those of archives that the lab
 * keeps (`/var/cache/quorumgate-lab`), unpacked.
 *
 * @param folder where they are unpacked
 */
export function realPrograms(name: 'consul' | 'etcd', named: string | undefined, folder: string): string[] {
  const archives = ['artifacts', 'programs'].flatMap((store) => {
    const path = join('/var/cache/quorumgate-lab', store);
    if (!existsSync(path)) return [];
    const files = readdirSync(path).filter((file) => new RegExp(`^${name}[-_]v?\\d.*\\.(tar\\.gz|zip)$`).test(file));
    return files.map((file) => join(path, file));
  });
  const unpacked = archives.flatMap((archive) => {
    const place = mkdtempSync(join(folder, 'program-'));
    if (archive.endsWith('.zip')) {
      for (const [file, bytes] of Object.entries(unzipSync(readFileSync(archive)))) {
        writeFileSync(join(place, file), bytes, { mode: 0o755 });
      }
      return [join(place, name)];
    }
    if (spawnSync('tar', ['-xzf', archive, '-C', place]).status !== 0) return [];
    // Releases have a directory of their own.
    return ['.', ...readdirSync(place)].map((directory) => join(place, directory, name));
  });
  return [...(named ?? '').split(':'), ...unpacked].filter((program) => program !== '' && existsSync(program));
}
