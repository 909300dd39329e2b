import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { macOf } from './addresses.ts';

/** The role of an instance's profile, with keys that it may use for a while: as the metadata service gives them. */
interface InstanceRole {
  name: string;
  accessKeyId: string;
  secretAccessKey: string;
  token: string;
  /** RFC 3339, in seconds. */
  expiration: string;
}

/** An instance by the words of the cloud that launched it. */
export interface Launch {
  id: string;
  role?: InstanceRole;
}

/** A host as EC2 knows it: an instance, launched once with this user-data. */
export interface Instance extends Launch {
  /** Its `Name` tag: the lab's name of the host. */
  name: string;
  address: string;
  /** Of its subnet, which is all of its network. */
  cidr: string;
  /** RFC 3339, in seconds. */
  launched: string;
  /** As it was given, before base64. */
  userData: Uint8Array;
}

/** A directory of the metadata service: under each name a value or a directory. */
export interface Tree {
  [name: string]: string | Uint8Array | Tree;
}

const REGION = 'us-east-1';
const ZONE = { name: `${REGION}a`, id: 'use1-az1' };
const ACCOUNT = '123456789012';
const TYPE = 't3.small';

/** In EC2's form: `i-` and seventeen hexadecimal digits; the same for the same words. */
export function resourceId(kind: string, ...words: string[]): string {
  return `${kind}-0${createHash('sha256').update(words.join('\n')).digest('hex').slice(0, 16)}`;
}

/** The host name that EC2 gives by address: `ip-10-77-0-101`. */
export function privateName(address: string): string {
  return `ip-${address.replaceAll('.', '-')}`;
}

function networkTree({ id, address, cidr }: Instance, hostname: string, securityGroup: string): Tree {
  const mac = macOf(address);
  const vpc = resourceId('vpc', cidr);
  const inter = {
    'device-number': '0',
    'interface-id': resourceId('eni', id),
    'local-hostname': hostname,
    'local-ipv4s': address,
    mac,
    'owner-id': ACCOUNT,
    'security-group-ids': resourceId('sg', cidr),
    'security-groups': securityGroup,
    'subnet-id': resourceId('subnet', cidr),
    'subnet-ipv4-cidr-block': cidr,
    'vpc-id': vpc,
    'vpc-ipv4-cidr-block': cidr,
    'vpc-ipv4-cidr-blocks': cidr,
  };
  return { interfaces: { macs: { [mac]: inter } } };
}

/** Keys for whoever asks AWS. The role is the one entry of its directory (EC2 User Guide, "Retrieve security credentials", 2026-11-29). */
function roleTree({ launched, role }: Instance): Tree {
  if (role === undefined) return {};
  const { name, accessKeyId, secretAccessKey, token, expiration } = role;
  const info = {
    Code: 'Success',
    LastUpdated: launched,
    InstanceProfileArn: `arn:aws:iam::${ACCOUNT}:instance-profile/${name}`,
  };
  const keys = {
    Code: 'Success',
    LastUpdated: launched,
    Type: 'AWS-HMAC',
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: token,
    Expiration: expiration,
  };
  const shown = (value: object) => JSON.stringify(value, null, 2);
  return { iam: { info: shown(info), 'security-credentials': { [name]: shown(keys) } } };
}

/**
 * Metadata of an instance: the categories of the EC2 User Guide ("Instance metadata categories", looked up
 * 2026-11-25) that an instance without public address and key has. The identity document is not signed.
 */
export function treeOf(instance: Instance): Tree {
  const { id, name, address, launched, userData } = instance;
  const hostname = `${privateName(address)}.ec2.internal`;
  const image = resourceId('ami', 'quorumgate-lab');
  const securityGroup = 'quorumgate-lab';
  const document = {
    accountId: ACCOUNT,
    architecture: 'x86_64',
    availabilityZone: ZONE.name,
    billingProducts: null,
    devpayProductCodes: null,
    marketplaceProductCodes: null,
    imageId: image,
    instanceId: id,
    instanceType: TYPE,
    kernelId: null,
    pendingTime: launched,
    privateIp: address,
    ramdiskId: null,
    region: REGION,
    version: '2017-09-30',
  };
  return {
    dynamic: { 'instance-identity': { document: JSON.stringify(document, null, 2) } },
    'meta-data': {
      'ami-id': image,
      'ami-launch-index': '0',
      'ami-manifest-path': '(unknown)',
      'block-device-mapping': { ami: '/dev/xvda', root: '/dev/xvda' },
      hostname,
      ...roleTree(instance),
      'instance-action': 'none',
      'instance-id': id,
      'instance-life-cycle': 'on-demand',
      'instance-type': TYPE,
      'local-hostname': hostname,
      'local-ipv4': address,
      mac: macOf(address),
      network: networkTree(instance, hostname, securityGroup),
      placement: { 'availability-zone': ZONE.name, 'availability-zone-id': ZONE.id, region: REGION },
      profile: 'default-hvm',
      'reservation-id': resourceId('r', id),
      'security-groups': securityGroup,
      services: { domain: 'amazonaws.com', partition: 'aws' },
      tags: { instance: { Name: name } },
    },
    ...(userData.length > 0 ? { 'user-data': userData } : {}),
  };
}

const FILE = 'instance.json';

/** Launches it: from now on the metadata service knows it. `base` is the host's directory and goes with the host. */
export async function writeInstance(base: string, { userData, ...rest }: Instance): Promise<void> {
  const stored = { ...rest, userData: Buffer.from(userData).toString('base64') };
  await writeFile(join(base, FILE), JSON.stringify(stored), { mode: 0o600 });
}

export function readInstance(base: string): Instance | undefined {
  try {
    const stored = JSON.parse(readFileSync(join(base, FILE), 'utf8'));
    return { ...stored, userData: new Uint8Array(Buffer.from(stored.userData, 'base64')) };
  } catch {
    return undefined;
  }
}

/** Of all hosts' directories the instance that has this address now. */
export function instanceAt(hosts: string, address: string): Instance | undefined {
  const names = existsSync(hosts) ? readdirSync(hosts) : [];
  return names.map((name) => readInstance(join(hosts, name))).find((instance) => instance?.address === address);
}
