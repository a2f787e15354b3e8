# A unit of the user's systemd that runs the server from boot on.
# $1 where tow is; the unit's text comes on standard input.
: "${XDG_RUNTIME_DIR:=/run/user/$(id -u)}"
export XDG_RUNTIME_DIR
folder=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
mkdir -p "$folder" || exit 1
new=$folder/.towline.service.$$
cat >"$new" || exit 1
if cmp -s "$new" "$folder/towline.service" && systemctl --user -q is-enabled towline.service; then
  rm -f "$new"
  same=yes
else
  mv "$new" "$folder/towline.service" || exit 1
  same=no
fi
loginctl enable-linger || exit 1
systemctl --user daemon-reload || exit 1
systemctl --user -q enable towline.service || exit 1
if ! systemctl --user -q is-active towline.service; then
  # One that a command started gives way; its panes run on.
  "$1" -q server stop </dev/null
  systemctl --user start towline.service || exit 1
fi
echo "$same"
