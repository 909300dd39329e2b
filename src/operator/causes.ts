/** Remedies for what etcd or the way to it says; undefined where its words are all there is. Pure. */
export function remedyOf(words: string): string | undefined {
  if (/authentication is on/.test(words)) {
    return 'etcd wants a password, and quorumgate has none: etcdctl --user root auth disable, then this command, then etcdctl auth enable.';
  }
  if (/NOSPACE|database space exceeded/.test(words)) {
    return 'Its database is full: compact and defragment it (docs/operations.md, "The database is full"), then etcdctl alarm disarm.';
  }
  if (/CORRUPT/.test(words)) {
    return 'Its data differs from that of the others: retire it, wipe its disk, and let it join anew.';
  }
  if (/certificate|self.signed|altnames|TLS|SSL/i.test(words)) {
    return 'See whether --cert, --key and --cacert are those of this cluster, and whether a certificate has ended.';
  }
  return undefined;
}
