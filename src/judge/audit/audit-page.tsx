import { TextSection } from "../../ui/text-section.tsx";
import { FEWEST_RATED } from "./conclude.ts";
import type { AuditItem } from "./schemas.ts";

/** What a person had chosen when it could not be saved, and why it could not. */
export interface Unsaved {
  problems: string[];
  first: string | undefined;
  second: string | undefined;
}

interface Props {
  reviewer: string;
  item: AuditItem | null;
  /** How many this person has done. */
  own: number;
  /** How many items anybody has rated. */
  rated: number;
  unsaved: Unsaved | undefined;
}

export function AuditPage({ reviewer, item, own, rated, unsaved }: Props) {
  return (
    <>
      <h1>Audit</h1>
      <p class="hint">
        {`Replies drawn at random, to correct what the judge estimates. One of the two is the AI's old reply, the other the improved one; which is which is hidden. ${rated} rated so far${rated < FEWEST_RATED ? `; from ${FEWEST_RATED} on there is a conclusion` : ""}. `}
        <a href="/judge#audit">What the audit shows</a>
      </p>
      {unsaved !== undefined && (
        <div class="error card-wide" role="alert">
          {unsaved.problems.map((problem) => (
            <p>{problem}</p>
          ))}
        </div>
      )}
      {item === null ? (
        <p class="empty">{own === 0 ? "There is nothing to rate yet." : "You have rated everything there is."}</p>
      ) : (
        <Item {...{ item, reviewer, own, unsaved }} />
      )}
      <script src="/audit.js" defer />
    </>
  );
}

function Item({ item, reviewer, own, unsaved }: Pick<Props, "reviewer" | "own" | "unsaved"> & { item: AuditItem }) {
  return (
    <form class="audit" method="post" action={`/audit/items/${item.id}`}>
      {/* Enter in a radio button presses a form's first button. This one does nothing, so it never decides by itself. */}
      <button type="submit" disabled hidden />
      {item.conversation !== null && (
        <TextSection title="Earlier turns">
          {item.conversation
            .map(({ role, content }) => `${role === "user" ? "Customer" : "AI"}: ${content}`)
            .join("\n\n")}
        </TextSection>
      )}
      <TextSection title="Customer">{item.customer_message}</TextSection>
      <details>
        <summary>
          What an agent answered <kbd>a</kbd>
        </summary>
        <p class="hint">One acceptable answer: for what is true. Likeness to its words is worth nothing.</p>
        <p class="whole">{item.agent_reply}</p>
      </details>
      <div class="side-by-side">
        <Rated name="first" title="First reply" text={item.first} chosen={unsaved?.first} />
        <Rated name="second" title="Second reply" text={item.second} chosen={unsaved?.second} />
      </div>
      <fieldset class="verdict-buttons">
        <legend>Which serves the customer better?</legend>
        <p class="decision-buttons">
          <button type="submit" name="better" value="first" data-key="f">
            First <kbd>f</kbd>
          </button>
          <button type="submit" name="better" value="equal" data-key="e">
            Equal <kbd>e</kbd>
          </button>
          <button type="submit" name="better" value="second" data-key="s">
            Second <kbd>s</kbd>
          </button>
          <button type="submit" name="better" value="unsure" class="quiet" formnovalidate data-key="x">
            Cannot tell <kbd>x</kbd>
          </button>
        </p>
      </fieldset>
      <p class="hint">
        {`Keys: 1 to 5 for the first reply, then 1 to 5 for the second, then f, e or s. ${reviewer}: ${own} done.`}
      </p>
    </form>
  );
}

const RATINGS = { 1: "wrong or useless", 2: "poor", 3: "partly", 4: "good", 5: "nothing to add" };

function Rated({
  name,
  title,
  text,
  chosen,
}: {
  name: "first" | "second";
  title: string;
  text: string;
  chosen: string | undefined;
}) {
  return (
    <div class="rated">
      <TextSection title={title}>{text}</TextSection>
      <fieldset class="scale" data-scale>
        <legend class="unseen">{`Rating of the ${name} reply`}</legend>
        {Object.entries(RATINGS).map(([value, words]) => (
          <label>
            <input type="radio" name={name} value={value} required checked={chosen === value} />
            <span>
              <b>{value}</b> {words}
            </span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}
