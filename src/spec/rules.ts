import type { Problem } from './problem.ts';
import { withAllowed } from './rule/allow.ts';
import { cidr } from './rule/cidr.ts';
import { consulSettings, consulTls, consulTokens } from './rule/consul.ts';
import { consulCount, joinLength, memberCount } from './rule/count.ts';
import { delivery, secured, source } from './rule/delivery.ts';
import { type Rule, type RuleContext, toDraft } from './rule/draft.ts';
import { environment } from './rule/environment.ts';
import { extra } from './rule/extra.ts';
import { consulPlaces, dataDirectory, tlsFiles, tlsPeers, tlsPlaces } from './rule/file.ts';
import { join } from './rule/join.ts';
import { datacenter, hostName, targetNames } from './rule/name.ts';
import { operatorKeys } from './rule/operator-key.ts';
import { ports } from './rule/port.ts';
import {
  programMachines,
  programUrls,
  sharedHash,
  sidekickHash,
  unneededNode,
  unneededPrograms,
  urlVersion,
} from './rule/program.ts';
import { indexCredentials, releases, unneededReleases } from './rule/release.ts';
import { consulFolders, discoveryInPod, images, kubeletMode, nodeLabels, tlsFolders } from './rule/runtime.ts';
import { secrets } from './rule/secret.ts';
import { elections, settingVersions } from './rule/setting.ts';
import { consulVersion, discoveryVersion, etcdVersion, faults } from './rule/version.ts';
import { volume } from './rule/volume.ts';

const RULES: readonly Rule[] = [
  memberCount,
  consulCount,
  operatorKeys,
  joinLength,
  ports,
  cidr,
  join,
  etcdVersion,
  discoveryVersion,
  consulVersion,
  faults,
  datacenter,
  hostName,
  targetNames,
  secured,
  source,
  delivery,
  tlsFiles,
  tlsPeers,
  tlsPlaces,
  consulTls,
  consulTokens,
  consulSettings,
  consulPlaces,
  sharedHash,
  programUrls,
  programMachines,
  urlVersion,
  sidekickHash,
  unneededNode,
  releases,
  unneededReleases,
  indexCredentials,
  unneededPrograms,
  images,
  discoveryInPod,
  tlsFolders,
  consulFolders,
  kubeletMode,
  nodeLabels,
  dataDirectory,
  volume,
  settingVersions,
  elections,
  environment,
  extra,
  secrets,
];

/**
 * Checks what the schema cannot say: rules across fields, and about what words and numbers mean.
 *
 * @param value what the user wrote, valid or not, with its defaults
 * @param invalid pointers that the schema has refused: rules that read one of them keep silent
 * @param excuse a reason that allows what may be allowed, beside those of the spec
 */
export function checkRules(
  value: unknown,
  { invalid, excuse, ...given }: Omit<RuleContext, 'isInvalid'> & { invalid: string[]; excuse?: string | undefined },
): Problem[] {
  const draft = toDraft(value, invalid);
  const context = { ...given, isInvalid: (pointer: string) => invalid.includes(pointer) };
  const problems = RULES.flatMap((rule) => rule(draft, context));
  return withAllowed(problems, draft, invalid, excuse);
}
