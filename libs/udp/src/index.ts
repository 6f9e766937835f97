export * from './clock.ts'
export * from './driver.ts'
export { UdpSocket, type UdpSocketOptions } from './socket.ts'
