/** What is signed: the context, a zero byte, and the bundle's text as it travels. */
export function signedPolicyBytes(text: string): Buffer {
  return Buffer.concat([Buffer.from('fleet-policy-v1\0'), Buffer.from(text)]);
}

/** What an authority signs to say that a key (SPKI, DER) is the hub's for policies. */
export function policyKeyStatement(key: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('fleet-policy-key-v1\0'), key]);
}
