import { When } from "../ui/when.tsx";
import { HISTORY } from "./bot-model.ts";
import type { BotModelOutput, FineTuneOutput } from "./schemas.ts";

/** Which model answers the bot, since when, and the way back to the default. */
export function BotModelBox({ bot }: { bot: BotModelOutput }) {
  const { alias, model, default_model, fine_tune_id, since, set_by } = bot;
  const tuned = fine_tune_id !== null;
  return (
    <section class="live-model">
      <p>
        {"Chat requests for the model "}
        <code>{alias}</code>
        {" are answered by "}
        {tuned ? <a href={`/fine-tunes/${fine_tune_id}`}>{model}</a> : <code>{model}</code>}
        {!tuned && ", the default"}
        {since !== null && ", since "}
        {since !== null && <When time={since} />}
        {since !== null && ` (set ${set_by === "browser" ? "in the browser" : `by ${set_by}`})`}.
      </p>
      {tuned && (
        <form method="post" action="/bot-model/clear">
          <button type="submit" class="quiet">{`Go back to the default, ${default_model}`}</button>
        </form>
      )}
    </section>
  );
}

/** On a fine-tune's own page: use its model for the bot, or say that it is in use. */
export function BotModelSection({ bot, fineTune }: { bot: BotModelOutput; fineTune: FineTuneOutput }) {
  const { history } = bot;
  return (
    <section>
      <h2>The bot's model</h2>
      <BotModelBox bot={bot} />
      {bot.fine_tune_id !== fineTune.id && (
        <form class="actions" method="post" action={`/fine-tunes/${fineTune.id}/use`}>
          <button type="submit">Use as the bot's model</button>
        </form>
      )}
      <p class="hint">
        Only a click here, or a call of the API, changes it. Requests that name another model are untouched.
      </p>
      {history.length > 0 && (
        <details>
          <summary>{`Changes so far (${history.length === HISTORY ? "the newest " : ""}${history.length})`}</summary>
          <ul class="samples">
            {history.map(({ model, at, set_by }) => (
              <li>
                <When time={at} />
                {": "}
                {model === null ? "back to the default" : <code>{model}</code>}
                {` (${set_by})`}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
