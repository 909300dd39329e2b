/** One member as etcd itself lists it. */
export interface EtcdMember {
  id: string;
  /** Empty while the member has never started. */
  name: string;
  peerUrls: string[];
  clientUrls: string[];
  learner: boolean;
}

export interface EndpointStatus {
  endpoint: string;
  clusterId: string;
  memberId: string;
  leader: string;
  version: string;
}

/** etcd writes 64-bit numbers, more than a JavaScript number holds: they are read as text. */
function parse(text: string): unknown {
  return JSON.parse(text.replace(/("(?:ID|cluster_id|member_id|leader)"):\s*(\d+)/g, '$1:"$2"'));
}

/** Sixteen digits, as the record has them; etcdctl leaves leading zeros out. */
function hex(decimal: unknown): string {
  return BigInt(String(decimal ?? 0))
    .toString(16)
    .padStart(16, '0');
}

/** `etcdctl member list -w json`. */
export function parseMemberList(text: string): { clusterId: string; members: EtcdMember[] } {
  const list = parse(text) as {
    header?: { cluster_id?: string };
    members?: { ID?: string; name?: string; peerURLs?: string[]; clientURLs?: string[]; isLearner?: boolean }[];
  };
  const members = (list.members ?? []).map((member) => ({
    id: hex(member.ID),
    name: member.name ?? '',
    peerUrls: member.peerURLs ?? [],
    clientUrls: member.clientURLs ?? [],
    learner: member.isLearner ?? false,
  }));
  return { clusterId: hex(list.header?.cluster_id), members };
}

/** `etcdctl endpoint status -w json`. */
export function parseEndpointStatus(text: string): EndpointStatus[] {
  const list = parse(text) as {
    Endpoint?: string;
    Status?: { header?: { cluster_id?: string; member_id?: string }; leader?: string; version?: string };
  }[];
  return list.map(({ Endpoint, Status }) => ({
    endpoint: Endpoint ?? '',
    clusterId: hex(Status?.header?.cluster_id),
    memberId: hex(Status?.header?.member_id),
    leader: hex(Status?.leader),
    version: Status?.version ?? '',
  }));
}

/** `etcdctl endpoint health -w json`: endpoint -> healthy. */
export function parseEndpointHealth(text: string): Map<string, boolean> {
  const list = JSON.parse(text) as { endpoint?: string; health?: boolean }[];
  return new Map(list.map(({ endpoint, health }) => [endpoint ?? '', health === true]));
}
