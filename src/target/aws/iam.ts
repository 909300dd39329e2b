import { type AutoJoin, awsAutoJoins } from '../../spec/auto-join.ts';
import type { Spec } from '../../spec/defaults.ts';

/**
 * Actions that Consul's auto-join calls, by the calls in its source: hashicorp/go-discover, provider/aws/aws_discover.go at
 * 0290d54, read 2026-11-25. The instance's region comes from its metadata, for which no permission is needed.
 */
function actions(options: AutoJoin): string[] {
  if (options.get('service') !== 'ecs') return ['ec2:DescribeInstances'];
  const list = options.has('ecs_cluster') ? [] : ['ecs:ListClusters'];
  return [...list, 'ecs:ListTasks', 'ecs:DescribeTasks'];
}

/** The calls that a host's role has to be allowed, sorted; none where nobody asks AWS. */
export function neededActions({ consul }: Pick<Spec, 'consul'>): string[] {
  return [...new Set(awsAutoJoins(consul.join).flatMap(actions))].sort();
}

/** An IAM policy. Resource `*`: EC2's Describe calls and ECS's ListClusters know no narrower one. */
export function printPolicy(needed: readonly string[]): string {
  const Statement = [{ Sid: 'ConsulAutoJoin', Effect: 'Allow', Action: needed, Resource: '*' }];
  return `${JSON.stringify({ Version: '2012-10-17', Statement }, null, 2)}\n`;
}
