hint=' (curl there? service on?)'

ask() { # the beginning of what answers: nobody has sent it whole who sends without end
  curl -sf -m 5 --noproxy '*' "$@" 2>/dev/null | head -c 999 | tr '\0' '?'
}
