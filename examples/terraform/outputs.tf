output "security_group_ids" {
  description = "The security group of each role's hosts"
  value       = { for role, group in aws_security_group.host : role => group.id }
}

output "autoscaling_group_names" {
  description = "The Auto Scaling group of each role"
  value       = { for role, group in aws_autoscaling_group.host : role => group.name }
}
