/** Idle milliseconds after which the system asks whether the peer is still there. */
export const keepAliveAfter = 30_000;
