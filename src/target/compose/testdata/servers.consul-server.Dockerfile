# Made by quorumgate: change the spec and compile again. Built by compose.yaml, in the folder above its own.
FROM example.com/debian@sha256:b414b27a5ad05f7cb01395c447c85d3227e3fb1c176e51757a283b817f645ccc AS packaged
COPY compose/consul-server/root/ /
RUN /bin/sh /opt/quorumgate/libexec/packages

FROM packaged AS programs
COPY compose/consul-server/programs /etc/quorumgate/programs
RUN timeout 300 /bin/sh /opt/quorumgate/libexec/program consul \
 && timeout 300 /bin/sh /opt/quorumgate/libexec/program socat

FROM packaged
COPY --from=programs /opt/quorumgate/bin/ /opt/quorumgate/bin/
COPY compose/consul-server/root/ /
RUN chmod 0755 /opt/quorumgate/libexec/host /opt/quorumgate/libexec/program /opt/quorumgate/libexec/rejoin /opt/quorumgate/libexec/packages /opt/quorumgate/libexec/container /opt/quorumgate/container/bin/systemctl \
 && install -d -m 0700 -o 8500 -g 8500 /var/lib/consul \
 && ln -sfn /var/lib/quorumgate/machine-id /etc/machine-id
ENV PATH=/opt/quorumgate/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENTRYPOINT ["/bin/sh", "/opt/quorumgate/libexec/container"]
