import type { Problem } from '../problem.ts';
import type { Rule } from './draft.ts';

/** Ports of Consul's that nothing here changes. */
export const TAKEN: Readonly<Record<number, string>> = {
  8300: "Consul's servers",
  8301: "Consul's gossip in the LAN",
  8302: "Consul's gossip in the WAN",
  8500: "Consul's HTTP interface",
  8501: "Consul's HTTPS interface",
  8502: "Consul's gRPC interface",
  8503: "Consul's gRPC interface with TLS",
  8600: "Consul's DNS",
};
const PORTS = ['peerPort', 'clientPort', 'metricsPort'] as const;

export const ports: Rule = ({ etcd }, { isWritten }) => {
  const problems: Problem[] = [];
  const own = new Map<number, (typeof PORTS)[number]>();
  const free = () => {
    const used = new Set([...PORTS.map((name) => etcd?.[name]), ...Object.keys(TAKEN).map(Number)]);
    return [2379, 2380, 2381, 2382, 2383, 2384].find((port) => !used.has(port)) ?? 12379;
  };
  for (const name of PORTS) {
    const port = etcd?.[name];
    if (port === undefined) continue;
    const other = own.get(port);
    const holder = TAKEN[port] ?? (other === undefined ? undefined : `\`etcd.${other}\``);
    if (holder === undefined) {
      own.set(port, name);
      continue;
    }
    // Of a pair of which one is a default, the one that the user wrote is the one to change.
    const written = other !== undefined && !isWritten(`/etcd/${name}`) ? other : name;
    const message =
      written === name
        ? `\`etcd.${name}\` is ${port}, the port of ${holder}.`
        : `\`etcd.${written}\` is ${port}, the port of \`etcd.${name}\`.`;
    problems.push({ code: 'port-clash', pointer: `/etcd/${written}`, message, detail: { free: free() } });
  }
  return problems;
};
