/** What is signed: the context, a zero byte, and the order's text as it travels. */
export function signedOrderBytes(text: string): Buffer {
  return Buffer.concat([Buffer.from('fleet-order-v1\0'), Buffer.from(text)]);
}
