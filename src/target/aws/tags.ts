import type { Role } from '../../plan/plan.ts';
import { awsAutoJoins } from '../../spec/auto-join.ts';
import type { Spec } from '../../spec/defaults.ts';

export interface Tag {
  Key: string;
  Value: string;
}

/** The role on whose hosts Consul's servers run: undefined where they exist already. */
export function serverRole({ consul }: Pick<Spec, 'consul'>): Role | undefined {
  return { members: 'etcd' as const, role: 'consul-server' as const, existing: undefined }[consul.servers];
}

/** The tags that auto-join finds a role's instances by; of two values for one key the first. */
export function joinTags(spec: Pick<Spec, 'consul'>, role: Role): Tag[] {
  if (role !== serverRole(spec)) return [];
  const tags = new Map<string, string>();
  for (const options of awsAutoJoins(spec.consul.join)) {
    const [key = '', value = ''] = [options.get('tag_key'), options.get('tag_value')];
    if (!tags.has(key)) tags.set(key, value);
  }
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}
