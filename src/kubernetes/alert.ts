import type { Spec } from '../spec/defaults.ts';
import type { Kinds } from './kinds.ts';
import { CLUSTER_LABEL, JOB } from './monitor.ts';
import { labelsOf, toRecord } from './names.ts';
import type { Options } from './options.ts';

type Rule = NonNullable<NonNullable<Kinds['PrometheusRule']['spec']['groups']>[number]['rules']>[number];

interface Alert {
  name: string;
  severity: 'warning' | 'critical';
  /** PromQL; each series that it gives is an alert. */
  when: string;
  /** For how long before anybody is told, as Prometheus writes it. */
  during?: string;
  summary: string;
  description: string;
}

/** The p99 of a histogram of seconds, by member, over five minutes. */
const p99 = (histogram: string, series: string) =>
  `histogram_quantile(0.99, sum by (instance, le) (rate(${histogram}_bucket${series}[5m])))`;

/**
 * Alerts to be woken for, and others to look at by day. The bounds of the disk are etcd's own: a member beats each 100 ms
 * and calls an election after 1000 ms without.
 */
function alertsOf({ cluster, tls }: Spec): Alert[] {
  const { name, size } = cluster;
  const quorum = Math.floor(size / 2) + 1;
  const series = `{job="${JOB}",${CLUSTER_LABEL}="${name}"}`;
  const watched = `{${CLUSTER_LABEL}="${name}"}`;
  // A member that nobody scrapes any more has no series: what is counted is who answers, from nobody on.
  const answering = `(count(up${series} == 1) or vector(0))`;
  const alerts: Alert[] = [
    {
      name: 'EtcdMemberDown',
      severity: 'warning',
      when: `${answering} < ${size}`,
      during: '5m',
      summary: `etcd ${name}: {{ $value }} of ${size} members answer`,
      description:
        'See `systemctl status etcd` of the host that is missing: its status line says what it waits for. A host that is gone is replaced by booting another.',
    },
    {
      name: 'EtcdQuorumLost',
      severity: 'critical',
      when: `${answering} < ${quorum}`,
      during: '1m',
      summary: `etcd ${name}: {{ $value }} of ${size} members answer, ${quorum} are a quorum`,
      description:
        'Nothing can be written. Bring hosts back with their disks; only if these are lost for good: `quorumgate restore` or `reset`.',
    },
    {
      name: 'EtcdNoLeader',
      severity: 'critical',
      when: `etcd_server_has_leader${series} == 0`,
      during: '1m',
      summary: `etcd ${name}: {{ $labels.instance }} has no leader`,
      description:
        'It answers no reads that have to be right, and no writes. Look for a broken network between the hosts.',
    },
    {
      name: 'EtcdLeaderChanges',
      severity: 'warning',
      when: `max by (${CLUSTER_LABEL}) (increase(etcd_server_leader_changes_seen_total${series}[15m])) >= 3`,
      summary: `etcd ${name}: the leader changed {{ printf "%.0f" $value }} times within 15 minutes`,
      description: 'Each change stops writes for about a second. Slow disks and a slow network are the usual causes.',
    },
    {
      name: 'EtcdSlowFsync',
      severity: 'warning',
      when: `${p99('etcd_disk_wal_fsync_duration_seconds', series)} > 0.1`,
      during: '10m',
      summary: `etcd ${name}: {{ $labels.instance }} syncs its log in {{ $value }} s (p99)`,
      description: 'More than the time between two heartbeats (0.1 s). A good disk needs less than 0.01 s.',
    },
    {
      name: 'EtcdVerySlowFsync',
      severity: 'critical',
      when: `${p99('etcd_disk_wal_fsync_duration_seconds', series)} > 0.5`,
      during: '10m',
      summary: `etcd ${name}: {{ $labels.instance }} syncs its log in {{ $value }} s (p99)`,
      description: 'Half of what makes the others call an election (1 s). Move the host to another disk.',
    },
    {
      name: 'EtcdSlowCommit',
      severity: 'warning',
      when: `${p99('etcd_disk_backend_commit_duration_seconds', series)} > 0.25`,
      during: '10m',
      summary: `etcd ${name}: {{ $labels.instance }} commits in {{ $value }} s (p99)`,
      description: 'The disk is slow, or shared with something that writes much.',
    },
    {
      name: 'EtcdDatabaseNearQuota',
      severity: 'warning',
      when: `etcd_mvcc_db_total_size_in_bytes${series} / etcd_server_quota_backend_bytes${series} > 0.8`,
      during: '10m',
      summary: `etcd ${name}: the database of {{ $labels.instance }} fills {{ $value | humanizePercentage }} of its quota`,
      description:
        'At 100% etcd takes no more writes. Compact and `etcdctl defrag` one member after the other, or raise the quota.',
    },
    {
      name: 'EtcdDatabaseFull',
      severity: 'critical',
      when: `etcd_mvcc_db_total_size_in_bytes${series} / etcd_server_quota_backend_bytes${series} > 0.95`,
      during: '5m',
      summary: `etcd ${name}: the database of {{ $labels.instance }} fills {{ $value | humanizePercentage }} of its quota`,
      description: 'At 100% etcd takes no more writes until it is made smaller and `etcdctl alarm disarm` was run.',
    },
  ];
  // etcd has no metric of its certificates. This one is what a blackbox exporter says that opens TLS to the members.
  const expiry = `min by (instance) (probe_ssl_earliest_cert_expiry${watched}) - time()`;
  const certificates: Alert[] = [
    {
      name: 'EtcdCertificateExpiresSoon',
      severity: 'warning',
      when: `${expiry} < 30 * 86400`,
      during: '1h',
      summary: `etcd ${name}: the certificate of {{ $labels.instance }} expires in {{ $value | humanizeDuration }}`,
      description: 'Put new files in place of the old ones: etcd reads them at each new connection.',
    },
    {
      name: 'EtcdCertificateExpires',
      severity: 'critical',
      when: `${expiry} < 7 * 86400`,
      during: '10m',
      summary: `etcd ${name}: the certificate of {{ $labels.instance }} expires in {{ $value | humanizeDuration }}`,
      description: 'From then on members and clients refuse each other. All members have theirs from one day, mostly.',
    },
    {
      name: 'EtcdCertificateNotWatched',
      severity: 'warning',
      when: `absent(probe_ssl_earliest_cert_expiry${watched})`,
      during: '1h',
      summary: `etcd ${name}: nothing watches when its certificates expire`,
      description: `Let a blackbox exporter open TLS to the client ports, and label its series ${CLUSTER_LABEL}="${name}".`,
    },
  ];
  return tls === 'off' ? alerts : [...alerts, ...certificates];
}

export function prometheusRule(spec: Spec, { namespace, prometheus }: Options): Kinds['PrometheusRule'] {
  const rules = alertsOf(spec).map(
    ({ name, severity, when, during, summary, description }): Rule => ({
      alert: name,
      expr: when,
      ...(during === undefined ? {} : { for: during }),
      labels: { [CLUSTER_LABEL]: spec.cluster.name, severity },
      annotations: { summary, description },
    }),
  );
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'etcd', namespace, labels: { ...labelsOf(spec), ...toRecord(prometheus.labels) } },
    spec: { groups: [{ name: `etcd-${spec.cluster.name}`, rules }] },
  };
}
