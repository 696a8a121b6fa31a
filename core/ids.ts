/** Digits and letters without those that look like others (i, l, o, u). 32 of them: five bits each. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** 50 bits: with a million ids, the chance that two are the same is under one in a thousand. */
const LENGTH = 10;

/** `prefix` and ten random characters. `bytes` gives that many random bytes. */
export function randomId(prefix: string, bytes: (count: number) => Uint8Array): string {
  return prefix + Array.from(bytes(LENGTH), (byte) => ALPHABET[byte & 31]).join("");
}
