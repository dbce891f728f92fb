import type { Language } from "./text.ts";

/*
 * Other ways to say it, one entry a line: `as written > instead | or this`. Longer entries win over shorter ones.
 * Only exchanges that keep the meaning: no entry touches a number, a duration, a negation or a promise.
 */
const ENGLISH = `
you can also > you are also able to | another option is to
you can > you are able to | it is possible for you to
you could > one option is to
you may be > you might be
you may > you might
you should > you ought to
should you > if you
you must > you have to
you need to > you have to
you will be able to > you can
you will need to > you have to
you'll need to > you have to
you will need > you'll need
you will > you'll
you'll > you will
you're > you are
you are > you're
you have to > you need to
you want to > you wish to
you would like to > you wish to
we will > we'll
we'll > we will
we are > we're
we're > we are
we've > we have
they are > they're
they must > they have to
i've > I have
i'm > I am
i'll > I will
do not > don't
don't > do not
does not > doesn't
doesn't > does not
did not > didn't
didn't > did not
is not > isn't
isn't > is not
are not > aren't
aren't > are not
was not > wasn't
were not > weren't
cannot > can't
can not > can't
can't > cannot
will not > won't
won't > will not
should not > shouldn't
have not > haven't
has not > hasn't
hasn't > has not
haven't > have not
it is > it's
it's > it is
there is > there's
as well as > together with | along with
in addition to > on top of | besides
in addition > on top of that | what is more
such as > for instance | like
for example > for instance
including whether > along with whether
including > such as
in order to > so as to
due to > because of | owing to
because of > due to
because > since
however > even so | that said
therefore > for that reason
also > additionally
if you have any questions > should anything be unclear
if you have > should you have
if you need > should you need
if you want > should you want
if you wish > should you wish
if you would like > should you wish
if you think > should you think
if you feel > should you feel
if you are > in case you are
if you're > in case you are
if you do > should you
if you > in case you
if your > in case your
if they > in case they
if the > in case the
if there > in case there
if it > in case it
even if > even when
whether > if
when you > once you
once you > as soon as you
as soon as possible > without delay | at the earliest opportunity
as soon as > once
until > till
during > in the course of | throughout
in the course of > during
before the > ahead of the
about your > regarding your
about the > regarding the
about how > on how
regarding > about
more information about > further details on
more information on > further details on
information about > details on
information on > details about
for more information > to learn more
for further information > to learn more
more information > further details
further information > more details
this information > these details
the information > the details
your information > your details
information > details
more details > further information
contact us > get in touch with us | reach out to us
contact your > get in touch with your
contact the > get in touch with the
contact a > get in touch with a
please call > please phone
call us > phone us
call the > phone the
call your > phone your
please visit > please see
visit the > go to the | have a look at the
visit our > go to our
see the > have a look at the
refer to > consult
check the > look at the
check your > look at your
check with > ask
check if > see if
check whether > see if
for more > for further
provided that > as long as
provided by > offered by
provided to > given to
provide you with > give you
provide > give | offer
provides > gives | offers
providing > giving | offering
ensure that > make sure that
ensure > make sure
ensures > makes sure
ensuring > making sure
make sure that > see to it that
are required to > have to
is required to > has to
be required to > have to
are expected to > should
required > needed
requires > calls for
require > need
requirements > conditions
requirement > condition
have to > need to
has to > needs to
need to > have to
receive > get
receives > gets
receiving > getting
received > obtained
get a > obtain a
get the > obtain the
get your > obtain your
obtain > get
use the > make use of the
use a > make use of a
use your > make use of your
use this > make use of this
used to > meant to
purchased > bought
buy > purchase
bought > purchased
started > begun
will continue to > will still
can continue to > can still
complete the > fill in the
complete a > fill in a
completed > finished
apply for > ask for | put in for
applying for > asking for
applies to > holds for
eligible for > entitled to
eligible to > entitled to
are eligible > qualify
allow you to > let you
allows you to > lets you
allow > permit
allows > permits
allowed > permitted
able to > in a position to
unable to > not in a position to
try to > attempt to
trying to > attempting to
tell us > let us know
let us know > tell us
let me know > tell me
let you know > tell you
inform > notify
informed > notified
keep your > hold on to your
keep the > hold on to the
keep a > maintain a
choose > pick | select
chosen > selected
select > choose | pick
click on > select
click > select
tap > press
go to > open | head to
change your > update your
changes to > adjustments to
changed > altered
send us > pass us
send you > get you
sent to > passed on to
sent > dispatched
large > big
big > large
many > numerous
most people > the majority of people
most cases > the majority of cases
most of > the bulk of
some people > certain people
some of > a number of
several > a number of
a number of > several
additional > further | extra
extra > additional
any other > any further
others > other people
currently > at present | at the moment
at the moment > currently
at this time > right now
immediately > right away | at once
straight away > at once
right away > immediately
quickly > swiftly
soon > shortly
usually > as a rule | normally
normally > usually
generally > as a rule | in general
often > frequently
always > at all times | in every case
only > solely
just > simply
important > essential | vital
essential > vital
necessary > needed
is available > can be found
are available > can be found
possible > feasible
person > individual
individuals > people
anyone > anybody
everyone > everybody
someone > somebody
those who > people who
advice > guidance | recommendations
guidance > advice
recommended > advised
recommend > advise
assistance > help
supporting > assisting
to help > to assist
can help > can assist
will help > will assist
help you > assist you
help with > assistance with
problem > issue
problems > issues
risks > dangers
reduces > lowers
reducing > lowering
increase the > raise the
avoid > steer clear of | keep away from
avoiding > steering clear of
prevent > stop
preventing > stopping
protect > safeguard | shield
protecting > safeguarding
protected > safeguarded
protection > safeguarding
should be > ought to be
should > ought to
may be > might be
may > might
might > may
will be able to > can
must be > need to be
the following > these
this means that > in practice
this means > in practice
this is > that is
more than > over | upwards of
at least > a minimum of
approximately > roughly
around the > throughout the
symptoms > signs
illness > disease
ill > unwell
businesses > companies | firms
employees > staff members
employee > staff member
find out more > learn more
learn more > read more
find out > learn
found > located
follow the > keep to the
follow > keep to
consider > think about
understand > appreciate
please note that > bear in mind that
please note > bear in mind
note that > bear in mind that
remember to > don't forget to
remember > keep in mind
please > kindly
thank you for > thanks for
thanks for > thank you for
we apologise for > we're sorry about
unfortunately > sadly | regrettably
parcel > package
package > parcel
processed > handled
return it > send it back
for free > at no cost
free of charge > at no cost
website > site
across > throughout
through > via
via > through
in your area > where you live
each > every
every > each
as long as > so long as
unless > except when
although > even though
but > yet
so that > in such a way that
finally > last of all
based on > going by
according to > going by
in accordance with > in line with
in line with > in keeping with
in relation to > in connection with
related to > linked to
relating to > concerning
take care of > look after
set up > put in place
carry out > do
look for > search for
towards > toward
work with > cooperate with
want to > wish to
want > wish
would like > wish
believe > think
decide > determine
impacted > affected
directly > straight
instead of > rather than
rather than > instead of
together > jointly
specific > particular
particular > specific
various > a range of
a range of > various
easy > simple
simply > just
safe > secure
secure > safe
safely > securely
restrictions > limits
restricted > limited
closed > shut
end of > close of
way to > means to
ways to > means to
method > way
methods > ways
arrange > organise
arrangements > plans
details > particulars
detail > particular
experiencing > having
regularly > frequently
frequently > often
extremely > very
very > really
especially > above all
particularly > especially
mainly > chiefly
likely to > apt to
and/or > or
and other > plus other
and then > and after that
for you to > so that you can
a few > some
you need > you require
we need > we require
for help > for assistance
get help > find assistance
to support > to assist
and support > and assistance
keep in mind that > remember that
enter your > type in your
enter the > type in the
read the > go through the
read our > go through our
can request > can ask for
to request > to ask for
we offer > we provide
the process > the procedure
to process > to handle
the issue > the problem
an issue > a problem
any issues > any problems
the issues > the problems
reduce the > lower the
reduce your > lower your
include the > cover the
to include > to cover
to show > to display
will show > will display
available to > open to
available from > on offer from
available at > on offer at
available on > on offer on
available in > on offer in
your options > your choices
to submit > to hand in
to determine > to work out
to determine if > to work out whether
start date > first date
whilst > while
while > whilst
never > at no point
it will > it'll
to stay > to remain
stay home > remain at home
stay at home > remain at home
must stay > have to remain
not available > unavailable
work from home > do your job from home
wash your hands > clean your hands
get sick > fall ill
asked to > told to
ask your > speak to your
ask for > request
when using > while using
before using > ahead of using
after using > once done with
by using > with
using the > with the help of the
using a > with the help of a
using your > with the help of your
in particular > above all
within the hour > in under an hour
within > in no more than | inside of
until then > in the meantime
we then > after that we
you then > after that you
different from > unlike
the potential to > the chance to
continue to be > remain
continues to be > remains
every effort > all efforts
affected by > hit by
we have sent > we've sent
we have received > we've received
we have issued > we've issued
we have added > we've added
we have updated > we've updated
we have refunded > we've refunded
we have already > we've already
we have now > we've now
we have also > we've also
we have been > we've been
to purchase > to buy
you purchase > you buy
once your > as soon as your
once the > as soon as the
once we > as soon as we
once it > as soon as it
people who > individuals who
other people > others
in person > face to face
are sick > are ill
is sick > is ill
your business > your company
each other > one another
each of > every one of
how many > how many
as many > as many
so many > so many
too many > too many
if possible > where you can
find a > locate a
find the > locate the
find your > locate your
needs to > has to
the risk > the danger
any questions > any queries
make sure you > check that you
make sure your > check that your
make sure the > check that the
make sure it > check that it
make sure to > take care to
working from home > doing your job from home
`;

const GERMAN = `
wenn Sie > falls Sie
wählen Sie > nehmen Sie
öffnen Sie > gehen Sie auf
auf einmal > in einem Schritt
wir haben > von uns wurde
dauert es > vergehen
bis Sie > ehe Sie
eingegangen und > angekommen und
wurde gestern > ist gestern
bitte > am besten
wenn > falls
falls > wenn
innerhalb von > binnen
binnen > innerhalb von
in der regel > normalerweise
normalerweise > in der Regel
derzeit > momentan | im Moment
momentan > derzeit
aktuell > zurzeit
sofort > umgehend
umgehend > sofort
leider > bedauerlicherweise
deshalb > aus diesem Grund
daher > deshalb
außerdem > darüber hinaus
zusätzlich > obendrein
jedoch > allerdings
aber > allerdings
oder > beziehungsweise
sowie > und auch
und > sowie
weil > da
auch > ebenso
immer > stets
nur > lediglich
schon > bereits
bereits > schon
danach > anschließend
anschließend > danach
erhalten > bekommen
bekommen > erhalten
helfen > unterstützen
überprüfen > kontrollieren
prüfen > kontrollieren
benötigen > brauchen
brauchen > benötigen
senden > schicken
schicken > senden
gesendet > geschickt
tut mir leid > bedauere ich
vielen dank für > danke für
mit freundlichen grüßen > viele Grüße
wird > wird nun
nicht mehr > nicht länger
`;

const FRENCH = `
je vous conseille d'ajouter > le mieux est d'ajouter
dès maintenant > sans attendre
vous pouvez aussi > il est aussi possible de
il faut compter > comptez
partout où > là où
à votre retour > quand vous rentrerez
vous attendra > sera là
a été postée > est partie
jusqu'à > au plus
comme vous > puisque vous
vous pouvez > il vous est possible de
si vous > au cas où vous
s'il vous plaît > merci de
veuillez > nous vous prions de
actuellement > en ce moment
immédiatement > tout de suite
malheureusement > hélas
cependant > toutefois
mais > toutefois
également > aussi
aussi > également
parce que > car
car > puisque
afin de > pour
dans un délai de > sous
sous > dans un délai de
ensuite > puis
puis > ensuite
toujours > à chaque fois
seulement > uniquement
nous avons > de notre côté, nous avons
vous recevrez > vous allez recevoir
recevoir > obtenir
obtenir > recevoir
vérifier > contrôler
choisissez > sélectionnez
sélectionnez > choisissez
cliquez sur > appuyez sur
déjà > d'ores et déjà
dès que > aussitôt que
lorsque > quand
quand > lorsque
avec > au moyen de
merci pour > merci de
je suis désolé > toutes mes excuses
je suis désolée > toutes mes excuses
ainsi que > et aussi
en cas de > s'il y a
`;

const SPANISH = `
lamento el retraso > siento la demora
no encontró > no pudo hallar
ya lo hemos > ya está
la nueva entrega será > volverá a entregarse
si prefiere recogerlo > en caso de preferir recogerlo
salió de > dejó
puede > le es posible
puedes > te es posible
si tiene > en caso de tener
actualmente > en este momento
en este momento > actualmente
inmediatamente > enseguida
lamentablemente > por desgracia
sin embargo > no obstante
pero > aunque
también > además
además > también
porque > ya que
ya que > puesto que
después > luego
luego > después
siempre > en todo momento
solo > únicamente
hemos > por nuestra parte hemos
recibirá > va a recibir
recibir > obtener
comprobar > verificar
elija > seleccione
seleccione > elija
pulse > haga clic en
haga clic en > pulse
cuando > en cuanto
en cuanto > cuando
así como > y también
mediante > con
dentro de > en un plazo de
normalmente > por lo general
gracias por > le agradecemos
siento > lamento
lamento > siento
desde > a partir de
`;

export interface Entry {
  from: string;
  to: [string, ...string[]];
}

function parse(table: string): Entry[] {
  return table
    .trim()
    .split("\n")
    .map((line) => {
      const [from = "", right = ""] = line.split(" > ");
      const [first = "", ...others] = right.split(" | ");
      return { from, to: [first, ...others] };
    });
}

export const LEXICON: Record<Language, Entry[]> = {
  en: parse(ENGLISH),
  de: parse(GERMAN),
  fr: parse(FRENCH),
  es: parse(SPANISH),
};

/**
 * What may be put in to part a stretch of words that is still as the agent wrote it, best first. They fit nearly
 * anywhere and say nothing new; they read worse than an exchange, so they come last.
 */
export const BREAKERS: Record<Language, [RegExp, ...string[]][]> = {
  en: [
    [/\band (?!(?:you|we|it|they|she|he|i|there|this|that|the)\b)(?=\p{Ll})/gu, "and also ", "as well as "],
    [/\bor (?=\p{Ll})/gu, "or else "],
    [/\b(?:can|could|will|would|should|might|must) (?!not|be able|also|then|still)(?=\p{Ll})/gu, "$&also ", "$&then "],
    [/\bon the /gu, "upon the "],
    [/\bwhich (?=(?:is|are|was|were|has|have|can|will) )/gu, "that "],
    [/\b(?:is|are|was|were) (?!not)(?=\p{Ll})/gu, "$&indeed "],
    [/\b(?:for|in|with|from|by|at|on) (?=[\p{L}\uE000-\uF8FF])/gu, "also $&"],
    [/\bthe (?=\p{Ll})/gu, "the relevant "],
    [/\b(?:their|your|our|its) (?!own)(?=\p{Ll})/gu, "$&own "],
    [/\b(?:a|an) (?=\p{Ll})/gu, "a given "],
    [/\b(?:and|or) (?=[\p{Lu}\uE000-\uF8FF])/gu, "$&also "],
    [/\bthe (?=\p{Lu})/gu, "this "],
    [/\bto (?=\p{Ll})/gu, "to then "],
    [/\b(?:that|who|which) (?=\p{Ll})/gu, "$&then "],
    [/\bof (?=[\p{L}\uE000-\uF8FF])/gu, "also of "],
  ],
  de: [
    [/\bund (?=\p{L})/gu, "und ebenso "],
    [/\boder (?=\p{L})/gu, "oder aber "],
    [/\b(?:für|in|mit|von|bei|nach|auf|im|am|zum|zur) (?=[\p{L}\uE000-\uF8FF])/gu, "auch $&"],
  ],
  fr: [
    [/\bet (?=\p{L})/gu, "et aussi "],
    [/\bou (?=\p{L})/gu, "ou bien "],
    [/(?<!\p{L})est (?=\p{Ll})/gu, "est bien "],
    [/\b(?:pour|dans|avec|par|sur|sous) (?=[\p{L}\uE000-\uF8FF])/gu, "aussi $&"],
  ],
  es: [
    [/\by (?=\p{L})/gu, "y también "],
    [/\bo (?=\p{L})/gu, "o bien "],
    [/\b(?:para|en|con|por|desde) (?=[\p{L}\uE000-\uF8FF])/gu, "también $&"],
  ],
};
