"""Images that a client sends, scored, ranked and compared."""

from __future__ import annotations

from fastapi import APIRouter

from cohp.measure import comparing, ranking
from cohp.measure.scorer import Scorer
from cohp.server.house import Here
from cohp.server.judging import judged
from cohp.server.pictures import ScoreOut, score_out
from cohp.server.schemas import CompareImages, ScoreImages
from cohp.server.wire import Compared, Ranked, Scored

router = APIRouter(prefix="/api", tags=["images that exist"])


@router.post("/score")
async def score(asked: ScoreImages, here: Here) -> list[Scored]:
    """Score images for a prompt; a bad one says so and costs no other."""

    def work(scorer: Scorer) -> list[Scored]:
        said = judged(scorer, asked.prompt, asked.images)
        return [
            Scored(image=place, score=score_out(each.score), error=each.error)
            for place, each in enumerate(said)
        ]

    return await here.judging.ask(asked.reward, work)


@router.post("/rank")
async def rank(asked: ScoreImages, here: Here) -> list[Ranked]:
    """Rank images for a prompt, the best first; those without a score are left out."""

    def work(scorer: Scorer) -> list[Ranked]:
        said = judged(scorer, asked.prompt, asked.images)
        places = {each.item.name: place for place, each in enumerate(said)}
        return [
            Ranked(
                image=places[each.judged.item.name],
                rank=each.place,
                score=ScoreOut(mean=each.score.mean, std=each.score.std),
                behind=each.behind,
            )
            for each in ranking.best(said, scorer.judge)
        ]

    return await here.judging.ask(asked.reward, work)


@router.post("/compare")
async def compare(asked: CompareImages, here: Here) -> Compared:
    """Tell how likely one image is preferred to another."""

    def work(scorer: Scorer) -> Compared:
        first, second = judged(scorer, asked.prompt, [asked.a, asked.b])
        said = comparing.compare(first, second, scorer.judge)
        return Compared(
            reward=said.reward,
            probability=said.probability,
            certain=said.certain,
            a=ScoreOut(mean=said.a.mean, std=said.a.std),
            b=ScoreOut(mean=said.b.mean, std=said.b.std),
            sentence=said.sentence,
        )

    return await here.judging.ask(asked.reward, work)
