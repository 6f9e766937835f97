// Loaded into an original program of 2011 before it starts, which has a name and three ports of its own in its source: telehash.org
// becomes our router, and its own ports become free ones. Nothing else about it changes.
const dgram = require('node:dgram')
const dns = require('node:dns')
const net = require('node:net')

const routerPort = Number(process.env.P2PMSG_TEST_ROUTER_PORT)
const httpPort = Number(process.env.P2PMSG_TEST_HTTP_PORT)

const { lookup } = dns
dns.lookup = (host, options, done) => {
  const callback = typeof options === 'function' ? options : done
  if (host !== 'telehash.org') return lookup(host, options, done)
  const all = typeof options === 'object' && options?.all === true
  process.nextTick(() => (all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4)))
}

const { send, bind } = dgram.Socket.prototype
dgram.Socket.prototype.send = function (...args) {
  // send(bytes, offset, length, port, …) and send(bytes, port, …)
  const at = args.indexOf(42424, 1)
  if (at > 0) args[at] = routerPort
  return send.apply(this, args)
}
dgram.Socket.prototype.bind = function (port, ...rest) {
  return typeof port === 'number' ? bind.call(this, 0, '127.0.0.1') : bind.call(this, port, ...rest)
}

const { listen } = net.Server.prototype
net.Server.prototype.listen = function (port, ...rest) {
  return typeof port === 'number'
    ? listen.call(this, httpPort, '127.0.0.1', ...rest.filter((arg) => typeof arg === 'function'))
    : listen.call(this, port, ...rest)
}
