import { on } from './cases.ts';
import type { Schedule } from './check.ts';

/** Schedules that were found with all rules in place, and hold since: by its seed, and after how many schedules. */
export const ONCE: { what: string; schedule: Schedule }[] = [
  {
    what: '1001, 1900: a registration at a former address that comes late',
    schedule: on('3', 'come-late 3 0, settle 0 0, readdress 0 0, settle 0 0, arrive 0 0'),
  },
  {
    what: '1001, 3277: a volume that is mounted while the gate asks Consul is not a disk that was wiped',
    schedule: on('3 volumes', 'settle 0 0, settle 0 0, unmount 3 0, settle 0 0, step 3 0'),
  },
  {
    what: '1000, 4075: a disk that goes back to a cluster that never had a quorum',
    schedule: on('3', 'settle 0 0, wipe-data 2 0, delete-key 1 4, lose-place 5 0, settle 0 0, go-back 2 3'),
  },
  {
    what: '1002, 3961: a log of a list that only DNS had, and nothing beside it',
    schedule: on('3 srv', 'cut-dns 5 13, settle 0 0, lose-identity 2 0'),
  },
  {
    what: '1, 2019: a joining etcd hears its list from a member whose log went back',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, spare 0 0, wipe-data 1 0, boot 1 0, abreast 1 17, isolate 2 0, machine-goes-back 0 15, step 5 9, settle 0 0',
    ),
  },
  {
    what: '1, 3893: an operator resets what is on a disk that a volume hides, and that nobody remembers',
    schedule: on('1 volumes', 'unmount 0 0, settle 0 0, place-goes-back 0 0, go-back 0 0, settle 0 0, reset 0 0'),
  },
  {
    what: '1, 5078: a disk goes back to before its launch, and the file outside it tells of a later one alone',
    schedule: on('3', 'settle 0 0, settle 0 0, settle 0 0, lose-log 2 0, settle 0 0, kv-lost 0 0, go-back 5 16'),
  },
  {
    what: '1012, 3580: somebody answers at the port of a member that is about to start',
    schedule: on('3', 'settle 0 0, kill-etcd 2 0, answer-falsely 2 1, abreast 0 0'),
  },
  {
    what: '1007, 1956: somebody answers where a member was that runs at an address which nobody knows yet',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, grow 0 0, grow 0 0, settle 0 0, settle 0 0, settle 0 0, crash 1 0, answer-falsely 4 10, lose-identity 1 0, readdress 1 0, crash-others 1 0, settle 0 0',
    ),
  },
  {
    what: '1008, 3282: a removed member whose file beside the data has gone back to whom nobody is left of',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, grow 0 0, grow 0 0, settle 0 0, settle 0 0, settle 0 0, retire 1 0, identity-goes-back 1 2, readdress 2 0, kv-lost 0 0, settle 0 0, spare 0 0, retire 6 0',
    ),
  },
  {
    what: '1007, 1194: the mark of another launch is none',
    schedule: on(
      '1',
      'settle 0 0, settle 0 0, settle 0 0, fail-launch 0 0, place-goes-back 0 0, kv-lost 0 0, go-back 0 0, settle 0 0, member-goes-back 0 1',
    ),
  },
  {
    what: '1008, 2428: a list that nobody has agreed on but hosts which are not where it says',
    schedule: on('3', 'settle 0 0, wipe 3 0, lose-identity 2 0, readdress 2 0'),
  },
  {
    what: '2, 2234: a learner goes on asking while nobody answers at an address that it no longer waits for',
    schedule: on(
      '3 https',
      'settle 0 0, settle 0 0, settle 0 0, spare 0 0, readdress 5 0, settle 0 0, retire 6 0, abreast 0 0, gather 0 0, identity-goes-back 5 2',
    ),
  },
  {
    what: '1020, 185: somebody answers for the only member that a host knows, another has joined since',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, unmount 0 0, settle 0 0, grow 0 0, lose-identity 1 0, answer-falsely 0 2, settle 0 0, replace 2 0, spare 0 0, crash 5 0, crash 6 0, settle 0 0',
    ),
  },
  {
    what: '1026, 1532: data that comes back when an operator has put another cluster in its place',
    schedule: on('1', 'settle 0 0, spare 0 0, isolate 4 0, member-goes-back 6 12, settle 0 0, reset 0 0, go-back 6 4'),
  },
  {
    what: '1040, 4194: a member that was lost while the first of more is joining takes its own place again',
    schedule: on('3', 'settle 0 0, grow 0 0, fail-launch 3 0, settle 0 0, member-goes-back 0 0, settle 0 0'),
  },
  {
    what: '1046, 4297: two that were removed, and whose marks somebody deletes, know none of those that are left',
    schedule: on('3', 'settle 0 0, settle 0 0, retire 6 0, retire 4 0, settle 0 0, lie-birth 0 0, readdress 5 0'),
  },
  {
    what: '1050, 2941: the only one who knows the record is hidden under a volume, and forgotten',
    schedule: on(
      '3 volumes',
      'unmount 2 0, settle 0 0, delete-key 0 16, crash-noticed 5 0, settle 0 0, place-goes-back 5 0',
    ),
  },
  {
    what: '1065, 3431: a reset where somebody has spoilt the key of a cluster that was before',
    schedule: on(
      '1 srv',
      'settle 0 0, settle 0 0, settle 0 0, grow 0 0, grow 0 0, settle 0 0, settle 0 0, settle 0 0, machine-goes-back 1 0, kv-lost 0 0, settle 0 0, go-back 0 1, lie-record 5 6, wipe 0 0',
    ),
  },
  {
    what: '1067, 348: a member that went back runs without a quorum, and lists none that joined since',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, unmount 0 0, settle 0 0, lose-log 6 0, settle 0 0, lose-member 4 0, settle 0 0, machine-goes-back 0 18, crash-others 3 0',
    ),
  },
  {
    what: '1075, 2532: the same, on a volume that came back',
    schedule: on(
      '5 volumes',
      'settle 0 0, settle 0 0, settle 0 0, unmount 0 0, settle 0 0, lose-place 5 0, settle 0 0, lose-log 2 0, settle 0 0, isolate 6 0, crash-others 1 0, settle 0 0',
    ),
  },
  {
    what: '1073, 727: the record of a reset is deleted while a host starts by it',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, place-goes-back 3 0, machine-goes-back 1 0, wipe 5 0, go-back 3 0, settle 0 0, step 5 0, reset 0 0, step 2 6, lie-birth 0 0',
    ),
  },
  {
    what: '1000, 2366: a removed member on a volume that came back, over another that was launched since',
    schedule: on(
      '3 volumes',
      'settle 0 0, settle 0 0, settle 0 0, unmount 0 0, settle 0 0, lose-place 3 0, settle 0 0, machine-goes-back 1 0, identity-goes-back 3 8',
    ),
  },
  {
    what: '1110, 4329: somebody spends the launch of a learner before it has',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, wipe 3 0, crash 1 0, settle 0 0, abreast 0 0, leader-lost 0 0, settle 0 0, lie-launch 3 0',
    ),
  },
  {
    what: '1124, 4328: data comes back that was lost together with all keys when another cluster was born',
    schedule: on(
      '1',
      'settle 0 0, isolate 0 0, machine-goes-back 4 0, spare 0 0, kv-lost 0 0, settle 0 0, go-back 2 4',
    ),
  },
  {
    what: '1160, 3527: only one that was joining knows the record that all others and Consul have lost',
    schedule: on(
      '1',
      'settle 0 0, settle 0 0, settle 0 0, grow 0 0, grow 0 0, settle 0 0, settle 0 0, settle 0 0, member-goes-back 1 13, lie-birth 1 0, lose-identity 2 0, lose-identity 0 0',
    ),
  },
  {
    what: '1075, 2532, again: a removed member on a volume that came back, and all that it knows have moved',
    schedule: on(
      '5 https volumes',
      'settle 0 0, settle 0 0, settle 0 0, unmount 0 0, settle 0 0, lose-place 5 0, settle 0 0, readdress 1 0, settle 0 0, lose-log 2 0, readdress 3 0, settle 0 0, crash-others 1 0, wipe 4 0',
    ),
  },
  {
    what: '1084, 3904: a member runs on though a volume with a retired disk was mounted over it',
    schedule: on(
      '5 volumes',
      'settle 0 0, settle 0 0, settle 0 0, place-goes-back 6 0, retire 1 0, unmount 1 0, settle 0 0, spare 0 0',
    ),
  },
  {
    what: '1172, 4523: Consul has lost its keys, and a volume was mounted over the only member while it ran',
    schedule: on('1 volumes', 'unmount 0 0, settle 0 0, kv-lost 0 0, grow 0 0'),
  },
  {
    what: '1192, 1337: the same over one of two that know the record, and the other has lost its log',
    schedule: on('3 volumes', 'deny 0 0, unmount 2 0, settle 0 0, settle 0 0, lose-log 4 0, lie-birth 0 0'),
  },
  {
    what: '1000, 884: a retired disk that goes back to before the member that it was retired as',
    schedule: on(
      '3',
      'settle 0 0, spare 0 0, settle 0 0, retire 6 0, kv-lost 0 0, settle 0 0, retire 6 0, machine-goes-back 2 19',
    ),
  },
  {
    what: '1007, 167: the same, with the log of a member that its cluster has removed',
    schedule: on(
      '5',
      'settle 0 0, settle 0 0, settle 0 0, spare 0 0, lose-member 2 0, settle 0 0, machine-goes-back 2 19, retire 2 0',
    ),
  },
  {
    what: '1004, 4322: a machine goes back to its launch, whose key somebody has deleted, and removes the member that it was',
    schedule: on('3', 'gather 0 0, abreast 0 0, delete-key 6 11, abreast 0 0, machine-goes-back 6 12'),
  },
  {
    what: '1039, 2430: somebody shows a new cluster the record of one whose data is lost: an operator has to reset it',
    schedule: on(
      '1',
      'settle 0 0, lie-record 0 0, wipe 0 0, lie-record 0 1, settle 0 0, kv-lost 0 0, lose-reply 0 0, settle 0 0, replay 4 5',
    ),
  },
  {
    what: '1039, 2430, again: the same of one whose only host is gone',
    schedule: on(
      '1',
      'settle 0 0, lie-record 0 0, replace 0 0, lie-record 0 1, settle 0 0, kv-lost 0 0, lose-reply 0 0, settle 0 0, replay 4 5',
    ),
  },
  {
    what: '1048, 3359: a proposal comes late, when Consul has lost all keys of the cluster that was born meanwhile',
    schedule: on('3', 'lie-record 0 0, settle 0 0, kv-lost 0 0, come-late 0 0, settle 0 0, kv-lost 0 0, arrive 0 0'),
  },
  {
    what: '1004, 4322, again: the same, and an operator has removed that member; the mark somebody has overwritten',
    schedule: on(
      '3',
      'gather 0 0, abreast 0 0, delete-key 6 11, retire 6 0, abreast 0 0, lie-retired 0 0, machine-goes-back 6 12',
    ),
  },
  {
    what: '1062, 3022: a member tells its new address while another host is about to remove it as dead',
    schedule: on(
      '5',
      'settle 0 0, settle 0 0, settle 0 0, grow 0 0, grow 0 0, settle 0 0, settle 0 0, settle 0 0, readdress 0 0, wipe 4 0, settle 0 0, settle 0 0, come-late 4 0, settle 0 0, abreast 2 20',
    ),
  },
  {
    what: '1033, 2487: a member of a cluster that was born of one moves, and its disk knows the birth alone',
    schedule: on(
      '1',
      'settle 0 0, settle 0 0, settle 0 0, grow 0 0, grow 0 0, settle 0 0, settle 0 0, settle 0 0, identity-goes-back 5 2, isolate 2 0, wipe 0 0, readdress 2 0, settle 0 0',
    ),
  },
  {
    what: '1021, 1487: what a launch that came to nothing has left, on a volume that was away when an operator reset',
    schedule: on('1 volumes', 'fail-launch 3 15, settle 0 0, unmount 0 0, reset 0 0'),
  },
  {
    what: '1056, 890; 1095, 3561: a host whose etcd fails joins strangers, in plain, while none that knows better can be asked',
    schedule: on('3', 'settle 0 0, lie-catalog 1 10, fail-launch 0 0, pose-as-cluster 2 0, go-back 2 0, settle 0 0'),
  },
  {
    what: '1114, 1427: a copied log beside the file of a launch that was given up, on a host that has had another since',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, go-back 6 6, settle 0 0, crash-others 1 0, clone 2 0, identity-goes-back 0 19',
    ),
  },
  {
    what: '1160, 715: a member that was verifying as Consul lost its keys looks again before a disk goes back',
    schedule: on(
      '3',
      'gather 0 0, abreast 0 14, go-back 1 0, kv-lost 0 0, settle 0 0, go-back 0 0, settle 0 0, crash-others 0 0, lose-place 0 0',
    ),
  },
  {
    what: '1047, 3672: a copied log that knows of the removal of its own member, which runs elsewhere once more',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, grow 0 0, grow 0 0, settle 0 0, settle 0 0, settle 0 0, retire 0 0, isolate 0 0, wipe 1 0, clone 5 0, lose-identity 1 0, machine-goes-back 5 3, settle 0 0',
    ),
  },
  {
    what: '1102, 2933: a reset that one host alone has started by, and Consul with the record of before',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, lose-member 1 0, spare 0 0, replace 0 0, cut-off 6 0, settle 0 0, abreast 0 0, reset 0 0, settle 0 0, kv-lost 0 0',
    ),
  },
];
