# Restarts the server. $1 where tow is.
: "${XDG_RUNTIME_DIR:=/run/user/$(id -u)}"
export XDG_RUNTIME_DIR
if systemctl --user -q is-active towline.service 2>/dev/null; then
  exec systemctl --user restart towline.service </dev/null
fi
exec "$1" -q server restart </dev/null
