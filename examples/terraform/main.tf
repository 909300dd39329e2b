# What `quorumgate compile` wrote, as AWS has it: a launch template and an Auto Scaling group for each role, the rules of
# ports.json and the rights of iam-policy.json. One apply after each compile.
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

locals {
  roles     = toset([for found in fileset("${var.out}/aws", "*/launch-template.json") : dirname(found)])
  templates = { for role in local.roles : role => jsondecode(file("${var.out}/aws/${role}/launch-template.json")) }
  ports     = jsondecode(file("${var.out}/aws/ports.json"))
  policy    = "${var.out}/aws/iam-policy.json"

  # Whose hosts are not of these roles: security groups of yours.
  others = {
    clients                   = var.client_security_group_ids
    monitoring                = var.monitoring_security_group_ids
    "existing Consul servers" = var.consul_security_group_ids
  }
  between = {
    for rule in local.ports : "${rule.to}-${rule.from}-${rule.protocol}-${rule.port}" => rule
    if contains(local.roles, rule.to) && contains(local.roles, rule.from)
  }
  entering = {
    for one in flatten([
      for rule in local.ports : [for group in lookup(local.others, rule.from, []) : { rule = rule, group = group }]
      if contains(local.roles, rule.to)
    ]) : "${one.rule.to}-${one.group}-${one.rule.protocol}-${one.rule.port}" => one
  }
  leaving = {
    for one in flatten([
      for rule in local.ports : [for group in lookup(local.others, rule.to, []) : { rule = rule, group = group }]
      if contains(local.roles, rule.from)
    ]) : "${one.group}-${one.rule.from}-${one.rule.protocol}-${one.rule.port}" => one
  }
}

resource "aws_security_group" "host" {
  for_each    = local.roles
  name        = "${var.name}-${each.key}"
  description = "Hosts of ${var.name}, role ${each.key}"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "between" {
  for_each                     = local.between
  security_group_id            = aws_security_group.host[each.value.to].id
  referenced_security_group_id = aws_security_group.host[each.value.from].id
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = each.value.what
}

resource "aws_vpc_security_group_ingress_rule" "entering" {
  for_each                     = local.entering
  security_group_id            = aws_security_group.host[each.value.rule.to].id
  referenced_security_group_id = each.value.group
  ip_protocol                  = each.value.rule.protocol
  from_port                    = each.value.rule.port
  to_port                      = each.value.rule.port
  description                  = each.value.rule.what
}

# Into the groups of Consul's servers that are there already.
resource "aws_vpc_security_group_ingress_rule" "leaving" {
  for_each                     = local.leaving
  security_group_id            = each.value.group
  referenced_security_group_id = aws_security_group.host[each.value.rule.from].id
  ip_protocol                  = each.value.rule.protocol
  from_port                    = each.value.rule.port
  to_port                      = each.value.rule.port
  description                  = each.value.rule.what
}

# EC2's API for Consul's auto-join, packages, and what the spec has hosts fetch.
resource "aws_vpc_security_group_egress_rule" "out" {
  for_each          = local.roles
  security_group_id = aws_security_group.host[each.key].id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_iam_role" "host" {
  name = var.name
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

# The file is there only where Consul's agents ask EC2 for each other.
resource "aws_iam_role_policy" "host" {
  count  = fileexists(local.policy) ? 1 : 0
  name   = "consul-auto-join"
  role   = aws_iam_role.host.id
  policy = file(local.policy)
}

resource "aws_iam_instance_profile" "host" {
  name = var.name
  role = aws_iam_role.host.name
}

resource "aws_launch_template" "host" {
  for_each               = local.templates
  name                   = "${var.name}-${each.key}"
  image_id               = var.image_id
  instance_type          = var.instance_type
  key_name               = var.key_name
  vpc_security_group_ids = [aws_security_group.host[each.key].id]
  # In base64 already.
  user_data = each.value.UserData

  iam_instance_profile {
    name = aws_iam_instance_profile.host.name
  }

  metadata_options {
    http_endpoint               = each.value.MetadataOptions.HttpEndpoint
    http_tokens                 = each.value.MetadataOptions.HttpTokens
    http_put_response_hop_limit = each.value.MetadataOptions.HttpPutResponseHopLimit
  }

  # By these Consul's servers are found.
  dynamic "tag_specifications" {
    for_each = try(each.value.TagSpecifications, [])
    content {
      resource_type = tag_specifications.value.ResourceType
      tags          = merge({ Name = "${var.name}-${each.key}" }, { for tag in tag_specifications.value.Tags : tag.Key => tag.Value })
    }
  }
}

resource "aws_autoscaling_group" "host" {
  for_each            = aws_launch_template.host
  name                = "${var.name}-${each.key}"
  min_size            = var.sizes[each.key]
  max_size            = var.sizes[each.key]
  desired_capacity    = var.sizes[each.key]
  vpc_zone_identifier = var.subnet_ids
  # The group looks at the instance: a host that rightly waits answers no health check.
  health_check_type       = "EC2"
  default_instance_warmup = 600
  protect_from_scale_in   = true
  suspended_processes     = ["AZRebalance"]

  launch_template {
    id      = each.value.id
    version = each.value.latest_version
  }

  # Other user-data or another image: one at a time, and no sooner than the last has joined.
  instance_refresh {
    strategy = "Rolling"
    preferences {
      instance_warmup              = 600
      scale_in_protected_instances = "Refresh"
    }
  }

  depends_on = [aws_iam_role_policy.host]
}
