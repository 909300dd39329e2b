import type { Sized } from '../compile.ts';
import { readDataUrl } from '../format/data-url.ts';

/** A configuration of Ignition's, as far as a file or unit has to be found in it. */
interface Ignition {
  ignition: { config?: { replace?: Resource } };
  storage?: { files?: { path: string; contents?: Resource }[] };
  systemd?: { units?: { name: string; contents?: string }[] };
}

interface Resource {
  source?: string;
  compression?: string;
}

const UNITS = '/etc/systemd/system/';
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The form in which a document has a file of the hosts, in words; undefined where it has not. */
export function carriedIn({ file, target, form }: Sized, path: string, files: readonly string[]): string | undefined {
  if (file.path.endsWith('.ign')) return inIgnition(textOf(file.bytes), path);
  if (file.path.endsWith('provision.sh')) {
    const [, command] = new RegExp(`^(text|bytes) [0-7]{3} ${escaped(path)} <<`, 'm').exec(textOf(file.bytes)) ?? [];
    if (command === undefined) return undefined;
    return `a here-document of the provisioner, ${command === 'text' ? 'as it is' : 'in base64'}`;
  }
  if (file.path.endsWith('Dockerfile')) return inImage(path, file.path.replace(/\/Dockerfile$/, ''), files);
  if (form?.includes('fetched')) return 'in the archive that quorumgate-fetch.service fetches';
  return `an entry of write_files, with the whole #cloud-config of ${target} in gzip`;
}

function inIgnition(text: string, path: string, around = ''): string | undefined {
  const { ignition, storage, systemd } = JSON.parse(text) as Ignition;
  const { source, compression } = ignition.config?.replace ?? {};
  if (source !== undefined) {
    if (!source.startsWith('data:')) return 'in the configuration that the host fetches (config.replace)';
    const inner = textOf(readDataUrl({ source, ...(compression === 'gzip' ? { compression } : {}) }));
    return inIgnition(inner, path, ', within a configuration in gzip and base64 (config.replace)');
  }
  const unit = systemd?.units?.find(({ name }) => `${UNITS}${name}` === path);
  if (unit !== undefined) return `the contents of an entry of systemd.units${around}`;
  const contents = storage?.files?.find((one) => one.path === path)?.contents;
  if (contents !== undefined) return `an entry of storage.files, a data URL ${encodingOf(contents)}${around}`;
  const isPacked = storage?.files?.some((one) => one.path.endsWith('/host.tar.gz'));
  return isPacked ? 'in /opt/quorumgate/host.tar.gz, which quorumgate-unpack.service unpacks' : undefined;
}

function encodingOf({ source = '', compression }: Resource): string {
  if (compression === 'gzip') return 'of gzip in base64';
  return source.startsWith('data:;base64,') ? 'in base64' : 'with escapes';
}

function inImage(path: string, folder: string, files: readonly string[]): string | undefined {
  if (files.includes(`${folder}/root${path}`)) return `a file of the image, ${folder}/root${path}`;
  const script = `${folder}/root/opt/quorumgate/container/${path.slice(UNITS.length)}`;
  return path.startsWith(UNITS) && files.includes(script) ? `a container that runs its commands, ${script}` : undefined;
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
