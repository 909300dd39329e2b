variable "name" {
  description = "Name of groups, templates and role; that of the spec's cluster, for example"
  type        = string
}

variable "out" {
  description = "Where `quorumgate compile` wrote to"
  type        = string
  default     = "out"
}

variable "sizes" {
  description = "Instances of each role: `cluster.size` for etcd, `consul.count` for consul-server"
  type        = map(number)
}

variable "vpc_id" {
  description = "The VPC of the hosts"
  type        = string
}

variable "subnet_ids" {
  description = "One in each zone that a member shall be in"
  type        = list(string)
}

variable "image_id" {
  description = "An image with what `compile` says that hosts have"
  type        = string
}

variable "instance_type" {
  description = "Of all roles"
  type        = string
  default     = "t3.small"
}

variable "key_name" {
  description = "A key pair to log in with; none by default"
  type        = string
  default     = null
}

variable "client_security_group_ids" {
  description = "Security groups whose instances may use etcd"
  type        = list(string)
  default     = []
}

variable "monitoring_security_group_ids" {
  description = "Security groups whose instances may read etcd's metrics, with `etcd.metricsAt: host`"
  type        = list(string)
  default     = []
}

variable "consul_security_group_ids" {
  description = "Security groups of Consul's servers, with `servers: existing`; they get rules for these hosts"
  type        = list(string)
  default     = []
}
