export const REACH = `
Environment:
  CONSUL_HTTP_ADDR   a Consul agent that has joined (default: http://127.0.0.1:8500)
  CONSUL_HTTP_TOKEN  its token, where Consul asks for one
`;
