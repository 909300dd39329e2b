import type { Spec } from '../../spec/defaults.ts';
import { sourceOf } from '../../spec/delivered.ts';
import type { Problem } from '../../spec/problem.ts';
import { dockerBridge } from '../docker.ts';
import { anyExtra } from '../extra.ts';
import { checkNumbering } from '../numbered.ts';
import { staticPods } from '../static-pods.ts';

const taken = [{ cidr: dockerBridge.cidr, by: 'Docker has the latter for itself' }];

/** Diagnostics of a spec that containers on one machine cannot do. */
export function check(spec: Spec): Problem[] {
  return [
    ...base(spec),
    ...consul(spec),
    ...secrets(spec),
    ...volume(spec),
    ...staticPods(spec, 'no container has a kubelet'),
    ...anyExtra(spec, 'compose', 'nobody logs in to its containers, and they run no units'),
    ...checkNumbering(spec, { target: 'compose', taken }),
  ];
}

function base({ compose }: Spec): Problem[] {
  if (compose !== undefined) return [];
  const message = 'Target `compose` needs `compose.base`: the image that the containers are built from.';
  return [{ code: 'compose-base', pointer: '/targets', message }];
}

function consul({ consul: { servers } }: Spec): Problem[] {
  if (servers !== 'existing') return [];
  const message = 'Target `compose` has no way to a Consul that is `existing`.';
  return [{ code: 'compose-consul', pointer: '/consul/servers', message }];
}

function volume({ etcd }: Spec): Problem[] {
  if (etcd.volume?.device === undefined) return [];
  const message = '`etcd.volume` names a device, and containers of target `compose` mount none.';
  return [{ code: 'compose-volume', pointer: '/etcd/volume', on: 'key', message }];
}

/** Files of one program's user, which one container would have to give to another. */
function secrets({ secrets: given, consul }: Spec): Problem[] {
  if (sourceOf({ secrets: given }) !== undefined) {
    const message = '`secrets` is given, and no container of target `compose` gets any.';
    return [{ code: 'compose-secrets', pointer: '/secrets', on: 'key', message }];
  }
  return (['encrypt', 'tls', 'tokens'] as const)
    .filter((key) => consul[key] !== undefined)
    .map((key) => ({
      code: 'compose-secrets',
      pointer: `/consul/${key}`,
      message: `\`consul.${key}\` is given, and no container of target \`compose\` gets secrets of Consul.`,
    }));
}
