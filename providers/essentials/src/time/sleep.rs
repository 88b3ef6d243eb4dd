//! `time_sleep`: a wait between other objects.

use super::moment::{Triggers, format, now};
use formwork_kit::{
    Call, Failure, Group, Outcome, Resource, async_trait, computed, duration, object, optional, parse_duration,
};

pub(crate) struct Sleep;

object! {
    pub(crate) struct State {
        /// How long creating the object takes, as `30s`.
        create_duration: Option<String> = optional().check(duration),
        /// How long destroying the object takes.
        destroy_duration: Option<String> = optional().check(duration),
        /// When the object was created.
        id: Option<String> = computed(),
        /// Values whose change makes a new object, and so waits again.
        triggers: Triggers = optional().replaces(),
    }
}

async fn wait(call: &Call<()>, time: Option<&str>, attribute: &str) -> Outcome<()> {
    let Some(text) = time else { return Ok(()) };
    let time = parse_duration(text).ok_or_else(|| Failure::new(format!("{text:?} is no duration.")).at(attribute))?;
    match call.pause(time).await {
        true => Ok(()),
        false => Err(Failure::new("The wait was interrupted.").at(attribute)),
    }
}

#[async_trait]
impl Resource for Sleep {
    type State = State;
    type Client = ();

    const KIND: &'static str = "time_sleep";
    const PURE: bool = true;

    fn groups(&self) -> Vec<Group> {
        vec![Group::AtLeastOne(&["create_duration", "destroy_duration"])]
    }

    async fn create(&self, call: &Call<()>, state: &mut State) -> Outcome<()> {
        wait(call, state.create_duration.as_deref(), "create_duration").await?;
        state.id = Some(format(now()));
        Ok(())
    }

    async fn delete(&self, call: &Call<()>, state: &State) -> Outcome<()> {
        wait(call, state.destroy_duration.as_deref(), "destroy_duration").await
    }

    /// `CREATE,DESTROY`; either may be empty.
    async fn import(&self, _: &Call<()>, id: &str) -> Outcome<State> {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (create, destroy) = id
            .split_once(',')
            .filter(|(a, b)| [a, b].iter().all(|text| text.is_empty() || parse_duration(text).is_some()))
            .ok_or_else(|| Failure::new("The id must be two durations with a comma between them, such as \"30s,\"."))?;
        let id = Some(format(now()));
        Ok(State { create_duration: given(create), destroy_duration: given(destroy), id, triggers: None })
    }
}
