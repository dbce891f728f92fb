import { When } from "../ui/when.tsx";
import type { BotModelOutput, FineTuneOutput } from "./schemas.ts";

/** Which model the bot gets by the name of our own, and since when; with the way back. */
export function BotModelBox({ bot }: { bot: BotModelOutput }) {
  const { alias, model, fine_tune_id, since, set_by } = bot;
  return (
    <section class="live-model">
      <p>
        {"Chat requests for the model "}
        <code>{alias}</code>
        {" are answered by "}
        {fine_tune_id === null ? <code>{model}</code> : <a href={`/fine-tunes/${fine_tune_id}`}>{model}</a>}
        {fine_tune_id === null ? ", the default" : ""}
        {since !== null && (
          <>
            {", since "}
            <When time={since} />
            {` (set by ${set_by === "browser" ? "a person here" : set_by})`}
          </>
        )}
        .
      </p>
      {fine_tune_id !== null && <TakeBack bot={bot} />}
    </section>
  );
}

function TakeBack({ bot }: { bot: BotModelOutput }) {
  return (
    <form method="post" action="/bot-model/clear">
      <button type="submit" class="quiet">
        {`Take it back: ${bot.default_model} answers again`}
      </button>
    </form>
  );
}

/** On a fine-tune's own page: make its model the bot's, or say that it is. */
export function BotModelSection({ bot, fineTune }: { bot: BotModelOutput; fineTune: FineTuneOutput }) {
  const live = bot.fine_tune_id === fineTune.id;
  return (
    <section>
      <h2>The bot's model</h2>
      <BotModelBox bot={bot} />
      {!live && (
        <form class="actions" method="post" action={`/fine-tunes/${fineTune.id}/use`}>
          <button type="submit">{`Let ${bot.alias} be this model`}</button>
        </form>
      )}
      <p class="hint">
        Nothing but a click here, or the API, changes it. Requests that name another model are untouched.
      </p>
      {bot.history.length > 0 && (
        <details>
          <summary>{`Changes so far (${bot.history.length === HISTORY ? "the newest " : ""}${bot.history.length})`}</summary>
          <ul class="samples">
            {bot.history.map(({ model, at, set_by }) => (
              <li>
                <When time={at} />
                {model === null ? ": taken back, the default answers" : ": "}
                {model !== null && <code>{model}</code>}
                {` (${set_by})`}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** As many as are told: see `bot-model.ts`. */
const HISTORY = 20;
