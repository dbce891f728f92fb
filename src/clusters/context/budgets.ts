/*
 * How much of what is known goes into a prompt, in characters (UTF-16 units; of English, four are about a token). What
 * does not fit is left out whole: examples first, then the lessons that serve the message least.
 */

/**
 * The most that is added to a conversation: guidance, and examples in what it leaves. About 2,000 tokens, a quarter of
 * the smallest context of models in use.
 */
export const MOST_ADDED_CHARACTERS = 8_000;

/** All of the guidance, its openings too: room for eight to twelve short lessons, little compared with a conversation. */
export const GUIDANCE_CHARACTERS = 2_600;

/** An explanation that serves as a lesson: two or three sentences, as lessons have. A helpdesk may send 10,000 characters. */
export const EXPLANATION_CHARACTERS = 300;

/**
 * An example's message and its reply: most are shorter. The beginning of a long letter says what it is about, and that of
 * a long reply shows how to answer it. Uncut, five of them could be 500,000 characters.
 */
export const EXAMPLE_MESSAGE_CHARACTERS = 600;
export const EXAMPLE_REPLY_CHARACTERS = 1_500;
