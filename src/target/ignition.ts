import { constants, Deflate } from 'pako';
import { base64, type DataUrl, plainDataUrl, shortestDataUrl } from '../format/data-url.ts';
import { gzip } from '../format/gzip.ts';
import { type IgnitionConfig, printIgnition, printIgnitionStub } from '../format/ignition.ts';
import { programSources } from '../plan/environment.ts';
import type { Plan } from '../plan/plan.ts';
import type { Spec } from '../spec/defaults.ts';
import type { Problem } from '../spec/problem.ts';
import type { Emitted, Limit, Part } from './target.ts';

/** What Ignition's targets share: a plan's files and units in Ignition's words. */

const { Z_SYNC_FLUSH } = constants;
const encode = (text: string) => new TextEncoder().encode(text);

/** These systems have no package manager. What `package` asks for is there only where the image has it, as with socat. */
export function checkPrograms(spec: Spec, target: string): Problem[] {
  return programSources(spec, 'etcd')
    .filter(([name, source]) => source === 'package' && name !== 'socat')
    .map(([name]) => ({
      code: 'no-package-manager',
      pointer: `/programs/${name}`,
      message: `\`programs.${name}\` is \`package\`, and ${target} installs none.`,
    }));
}

type Version = IgnitionConfig['ignition']['version'];

export function toIgnition(plan: Plan, version: Version, toUrl: (bytes: Uint8Array) => DataUrl): IgnitionConfig {
  const place = version === '2.2.0' ? { filesystem: 'root' as const } : {};
  return {
    ignition: { version },
    storage: {
      // The programs' folder is there before the first program: made by Ignition it has its label, where there are labels.
      directories: [{ ...place, path: '/opt/quorumgate/bin', mode: 0o755 }],
      files: plan.files.map(({ path, mode, content }) => ({
        ...place,
        path,
        mode,
        overwrite: true,
        contents: toUrl(encode(content)),
      })),
    },
    systemd: {
      units: plan.units.map(({ name, content, enabled }) => ({
        name,
        ...(enabled ? { enabled } : {}),
        contents: content,
      })),
    },
  };
}

/** Entries of a document with the part of the plan that each comes from, in the order of `printIgnition`. */
function entries(plan: Plan, { storage, systemd }: IgnitionConfig): { name: string; pointer: string; text: string }[] {
  return [
    ...plan.files.map(({ path, pointer }, index) => ({ name: path, pointer, entry: storage.files[index] })),
    ...plan.units.map(({ name }, index) => ({ name, pointer: '', entry: systemd.units[index] })),
  ].map(({ name, pointer, entry }) => ({ name, pointer, text: `${JSON.stringify(entry)},\n` }));
}

/** What each file and unit costs, largest first. */
export function weigh(
  plan: Plan,
  config: IgnitionConfig,
  cost: (text: string) => number = (text) => text.length,
): Part[] {
  return entries(plan, config)
    .map(({ name, pointer, text }) => ({ name, pointer, bytes: cost(text) }))
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

/** How much longer a stream of gzip in base64 grows by each text, given one after the other. */
export function growth(): (text: string) => number {
  const stream = new Deflate({ level: 9, memLevel: 9 });
  let written = 0;
  stream.onData = (chunk) => {
    written += (chunk as Uint8Array).length;
  };
  return (text) => {
    const before = written;
    stream.push(encode(text), Z_SYNC_FLUSH);
    return Math.ceil(((written - before) * 4) / 3);
  };
}

/** One document of spec 3.3.0: as it is while that fits, else compressed whole in a stub that the reader unpacks. */
export function emitIgnition3(plan: Plan, target: string, limit: Limit): Emitted {
  const inline = toIgnition(plan, '3.3.0', (bytes) => shortestDataUrl(bytes, gzip));
  const document = (form: string, text: string, parts: () => Part[]): Emitted => {
    const bytes = encode(text);
    return {
      role: plan.role,
      files: [{ path: `${target}/${plan.role}/config.ign`, bytes }],
      size: bytes.length,
      limit,
      form,
      get parts() {
        return parts();
      },
    };
  };
  const text = printIgnition(inline);
  if (encode(text).length <= limit.bytes) return document('inline', text, () => weigh(plan, inline));

  // Whole texts that are alike compress better than what is already compressed.
  const inner = toIgnition(plan, '3.3.0', plainDataUrl);
  const source = `data:;base64,${base64(gzip(encode(printIgnition(inner))))}`;
  const stub = printIgnitionStub({
    ignition: { version: '3.3.0', config: { replace: { source, compression: 'gzip' } } },
  });
  return document('config.replace with gzip', stub, () => weigh(plan, inner, growth()));
}
