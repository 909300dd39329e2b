# A box for Vagrant's Docker provider: systemd and sshd, and Vagrant's own key, which is no secret.
FROM debian:bookworm
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    ca-certificates curl dbus iproute2 openssh-server sudo systemd systemd-sysv unzip xz-utils \
 && rm -rf /var/lib/apt/lists/* \
 && : >/etc/machine-id \
 && useradd --create-home --shell /bin/bash vagrant \
 && install -d -m 700 -o vagrant -g vagrant /home/vagrant/.ssh \
 && echo 'vagrant ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/vagrant \
 && chmod 440 /etc/sudoers.d/vagrant \
 && systemctl enable ssh
# Vagrant puts a new key in its place at the first `vagrant up`.
RUN echo 'ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ== vagrant insecure public key' >/home/vagrant/.ssh/authorized_keys \
 && chown vagrant:vagrant /home/vagrant/.ssh/authorized_keys \
 && chmod 600 /home/vagrant/.ssh/authorized_keys
