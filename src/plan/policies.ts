import type { Spec } from '../spec/defaults.ts';

/** Holders of a token: programs of a host, and people. */
export const HOLDERS = ['agent', 'dns', 'sidekick', 'operator', 'client'] as const;
export type PolicyHolder = (typeof HOLDERS)[number];

const rule = (subject: string, policy: 'read' | 'write') => `${subject} {\n  policy = "${policy}"\n}\n`;
const nodes = (policy: 'read' | 'write') => rule('node_prefix ""', policy);

/** The name of a policy in Consul, which has one list of them for all clusters. */
export const policyName = ({ cluster }: Spec, holder: PolicyHolder): string => `quorumgate-${cluster.name}-${holder}`;

/**
 * Policies of Consul for a spec's tokens: enough for all that hosts and commands do, where what is not allowed is denied. Names of hosts are
 * not known: whoever makes a token for each host may put `node "NAME"`, `session "NAME"` and `agent "NAME"` in the place of what goes for all.
 */
export function policies({ cluster }: Spec): Record<PolicyHolder, string> {
  const keys = rule(`key_prefix "etcd3/${cluster.name}/"`, 'write');
  const catalog = (policy: 'read' | 'write') => rule('service "etcd3"', policy);
  return {
    agent: nodes('write') + rule('service_prefix ""', 'read'),
    dns: nodes('read') + rule('service_prefix ""', 'read'),
    sidekick:
      keys + catalog('write') + nodes('write') + rule('session_prefix ""', 'write') + rule('agent_prefix ""', 'read'),
    operator: keys + catalog('read') + nodes('read') + rule('session_prefix ""', 'write'),
    client: nodes('read') + catalog('read'),
  };
}
