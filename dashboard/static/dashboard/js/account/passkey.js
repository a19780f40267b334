/** What a browser knows of passkeys. They are made for a name of ours, never for an address of numbers. */

export const canPasskey = "PublicKeyCredential" in window && window.isSecureContext && !/^[\d.]+$|^\[/.test(location.hostname)
  && "parseRequestOptionsFromJSON" in PublicKeyCredential;

/** @param {any} options as the server gives them @returns {Promise<any>} what it takes */
export async function makePasskey({ publicKey }) {
  const made = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
  return /** @type {PublicKeyCredential} */ (made).toJSON();
}

/** @param {any} options as the server gives them @returns {Promise<any>} what it takes */
export async function showPasskey({ publicKey }) {
  const shown = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
  return /** @type {PublicKeyCredential} */ (shown).toJSON();
}
