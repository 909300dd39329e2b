import type { Spec } from '../../spec/defaults.ts';
import { hostsOf, networkOf } from '../lab.ts';

/**
 * A cluster as people write it by hand who know every member's address beforehand: etcd with a static `initial-cluster`, no
 * Consul, no gate. The mark that the compiled hosts are measured against.
 */
export function staticUserData(spec: Spec, name: string, address: string): string {
  const network = networkOf(spec);
  const { etcd } = spec.programs;
  const fetched = typeof etcd === 'object';
  const members = hostsOf(spec, network).filter(({ role }) => role === 'etcd');
  const cluster = members.map((member) => `${member.name}=http://${member.address}:2380`).join(',');
  return `#cloud-config
write_files:
- path: /etc/systemd/system/etcd.service
  content: |
    [Unit]
    Wants=network-online.target
    After=network-online.target
    [Service]
    Type=notify
    User=etcd
    StateDirectory=etcd
    StateDirectoryMode=0700
    ExecStart=${fetched ? '/opt/etcd' : BAKED}/etcd --name=${name} --data-dir=/var/lib/etcd \\
      --listen-peer-urls=http://${address}:2380 --initial-advertise-peer-urls=http://${address}:2380 \\
      --listen-client-urls=http://${address}:2379,http://127.0.0.1:2379 --advertise-client-urls=http://${address}:2379 \\
      --listen-metrics-urls=http://127.0.0.1:2381 --initial-cluster-state=new --initial-cluster-token=bench \\
      --initial-cluster=${cluster}
    Restart=always
    TimeoutStartSec=infinity
    [Install]
    WantedBy=multi-user.target
runcmd:
- useradd --system etcd
${fetched ? fetching(etcd) : ''}- systemctl daemon-reload
- systemctl enable etcd.service
- systemctl start --no-block etcd.service
`;
}

/** Where an image has programs of its own. */
export const BAKED = '/usr/local/bin';

const fetching = ({ url, sha256 }: { url: string; sha256: string }) => `- mkdir -p /opt/etcd/tree
- curl -fsS -o /tmp/etcd.tar.gz ${url}
- echo "${sha256}  /tmp/etcd.tar.gz" | sha256sum -c
- tar -C /opt/etcd/tree --no-same-owner -xzf /tmp/etcd.tar.gz
- find /opt/etcd/tree -type f -name etcd -exec mv {} /opt/etcd/etcd \\;
`;
