import { isAddress } from '../auto-join.ts';
import type { Rule } from './draft.ts';

export const memberCount: Rule = ({ cluster }) => {
  const size = cluster?.size;
  if (size === undefined || size % 2 === 1) return [];
  const message = `\`cluster.size\` is ${size}: an even number of members survives no more failures than ${size - 1}.`;
  return [{ code: 'size-even', pointer: '/cluster/size', message, detail: { below: size - 1, above: size + 1 } }];
};

export const consulCount: Rule = ({ consul }, { isWritten }) => {
  const pointer = '/consul/count';
  const { count, servers } = consul ?? {};
  if (count === undefined || servers === undefined || !isWritten(pointer)) return [];
  if (servers !== 'role') {
    const message = `\`consul.count\` means hosts of the role \`consul-server\`, and \`servers: ${servers}\` has none.`;
    return [{ code: 'consul-count-without-role', pointer, on: 'key', message }];
  }
  if (count % 2 === 1) return [];
  const message = `\`consul.count\` is ${count}: an even number of servers survives no more failures than ${count - 1}.`;
  return [{ code: 'consul-count-even', pointer, message, detail: { below: count - 1, above: count + 1 } }];
};

export const joinLength: Rule = ({ consul, cluster }) => {
  const size = cluster?.size;
  if (size === undefined || consul?.servers !== 'members') return [];
  const addresses = (consul.join ?? []).filter((entry) => entry !== undefined && isAddress(entry)).length;
  if (addresses <= size) return [];
  const message = `\`consul.join\` lists ${addresses} addresses, and the cluster has ${size} members.`;
  return [{ code: 'join-longer-than-cluster', pointer: '/consul/join', on: 'key', message, detail: { size } }];
};
