import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';

// `npm run sbom`: the packages that the product holds, as CycloneDX: which they are the build has noted, all else is of the lock file.

interface Entry {
  name?: string;
  version: string;
  integrity?: string;
  license?: string;
}

const root = path.join(import.meta.dirname, '..');
const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Entry>;
};
const held = JSON.parse(readFileSync(path.join(root, 'dist/cli/packages.json'), 'utf8')) as string[];
/** The lock file's expressions are npm's, which has checked them. */
const licences = new Contrib.License.Factories.LicenseFactory(() => true);

function componentOf(type: Enums.ComponentType, where: string, { version, integrity, license = '' }: Entry) {
  const full = where.replace(/^.*node_modules\//, '');
  const [, group, name = full] = /^(@[^/]+)\/(.+)$/.exec(full) ?? [];
  const purl = new PackageURL('npm', group, name, version).toString();
  const component = new Models.Component(type, name, { bomRef: purl, version, purl, ...(group && { group }) });
  component.licenses.add(licences.makeFromString(license));
  if (integrity !== undefined) {
    const hash = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
    component.hashes.set(Enums.HashAlgorithm['SHA-512'], hash);
  }
  return component;
}

const bom = new Models.Bom();
for (const [where, entry] of Object.entries(packages)) {
  if (where === '') bom.metadata.component = componentOf(Enums.ComponentType.Application, 'quorumgate', entry);
  else if (held.includes(where)) bom.components.add(componentOf(Enums.ComponentType.Library, where, entry));
}
const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
process.stdout.write(`${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`);
