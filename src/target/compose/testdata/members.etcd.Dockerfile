# Made by quorumgate: change the spec and compile again. Built by compose.yaml, in the folder above its own.
# Wanted there:
#   artifacts/consul.zip: https://example.com/consul_2.1.0_linux_amd64.zip
#   artifacts/etcd.tar.gz: https://example.com/etcd-v3.7.3-linux-amd64.tar.gz?a=b
FROM localhost/base AS programs
COPY compose/etcd/root/ /
COPY compose/etcd/programs /etc/quorumgate/programs
COPY artifacts/consul.zip artifacts/etcd.tar.gz /opt/quorumgate/artifacts/
RUN cd /opt/quorumgate/artifacts \
 && echo 'd38e7571177909d437a9cbcc62fb65083bc567266b74a62d02c6abe783951648  consul.zip' | sha256sum -c - \
 && echo 'b414b27a5ad05f7cb01395c447c85d3227e3fb1c176e51757a283b817f645ccc  etcd.tar.gz' | sha256sum -c -
RUN timeout 300 /bin/sh /opt/quorumgate/libexec/program consul \
 && timeout 300 /bin/sh /opt/quorumgate/libexec/program etcd \
 && timeout 300 /bin/sh /opt/quorumgate/libexec/program socat \
 && timeout 300 /bin/sh /opt/quorumgate/libexec/program sidekick

FROM localhost/base
COPY --from=programs /opt/quorumgate/bin/ /opt/quorumgate/bin/
COPY compose/etcd/root/ /
RUN chmod 0755 /opt/quorumgate/libexec/host /opt/quorumgate/libexec/program /opt/quorumgate/libexec/rejoin /opt/quorumgate/libexec/decided /opt/quorumgate/bin/etcd-sidekick /opt/quorumgate/libexec/container /opt/quorumgate/container/bin/systemctl \
 && install -d -m 0700 -o 8500 -g 8500 /var/lib/consul \
 && install -d -m 0700 -o 2379 -g 2379 /var/lib/etcd /run/etcd /var/lib/quorumgate-etcd \
 && ln -sfn /var/lib/quorumgate/machine-id /etc/machine-id
ENV PATH=/opt/quorumgate/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENTRYPOINT ["/bin/sh", "/opt/quorumgate/libexec/container"]
