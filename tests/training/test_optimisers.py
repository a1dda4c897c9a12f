import pytest
import torch

from nerlink.config import TrainingConfig
from nerlink.kb import KnowledgeBase
from nerlink.models.build import build_model
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.linker.counts import TrainingCounts
from nerlink.training.optimisers import make_optimisers
from tests.world import tiny_config

CONFIG = TrainingConfig(learning_rate=0.1, head_learning_rate=1.0, warmup=0.2)


@pytest.fixture
def model(encoder_dir, kb_path):
    config = tiny_config(encoder_dir)
    with KnowledgeBase.open(kb_path) as kb:
        yield build_model(
            config,
            WindowEmbeddings(config.encoder),
            labels=["LOC"],
            kb=kb,
            counts=TrainingCounts(links={0: 1, 2: 1}),
        )


def rates(optimisers) -> list[float]:
    return [group["lr"] for o in optimisers.optimisers for group in o.param_groups]


def test_every_weight_is_moved_by_one_optimiser(model):
    optimisers = make_optimisers(model, CONFIG, n_steps=10)
    groups = [group["params"] for o in optimisers.optimisers for group in o.param_groups]
    moved = [id(p) for params in groups for p in params]
    assert sorted(moved) == sorted({id(p) for p in model.parameters()})
    inputs = model.encoder.shape_inputs.weight
    encoder = {id(p) for p in (*model.encoder.model.parameters(), inputs)}
    assert {id(p) for p in groups[0]} == encoder
    assert groups[3] == [model.linker.prototypes.memory.weight]


def test_curves_learn_three_times_as_fast_as_other_heads(model):
    groups = make_optimisers(model, CONFIG, n_steps=10).optimisers[0].param_groups
    rate = {id(p): group["lr"] for group in groups for p in group["params"]}
    for curves in (model.linker.curves, model.linker.nil_curves):
        assert {rate[id(p)] for p in curves.parameters()} == {1.5}
    assert rate[id(model.linker.query.weight)] == 0.5


def test_frozen_weights_are_left_alone(model):
    model.encoder.model.requires_grad_(requires_grad=False)
    model.encoder.shape_inputs.requires_grad_(requires_grad=False)
    optimisers = make_optimisers(model, CONFIG, n_steps=10)
    frozen = {id(p) for p in model.encoder.model.parameters()}
    assert not frozen & {id(p) for p in optimisers.dense}
    assert rates(optimisers) == pytest.approx([1.5, 0.5, 0.5])


def test_rates_rise_to_their_peak_and_fall_to_zero(model):
    optimisers = make_optimisers(model, CONFIG, n_steps=10)
    seen = []
    for _ in range(11):
        seen.append(rates(optimisers)[0])
        optimisers.step()
    assert seen == pytest.approx([0.05, 0.1, 0.1, *(n * 0.0125 for n in range(7, 0, -1)), 0])


def test_only_entities_of_the_step_are_moved(model):
    optimisers = make_optimisers(model, CONFIG, n_steps=10)
    prototypes = model.linker.prototypes
    prototypes.vectors_of(torch.tensor([2])).sum().backward()
    optimisers.step()
    assert prototypes.memory.weight.any(1).tolist() == [False, False, True]
    assert prototypes.memory.weight.grad is None


def test_a_step_goes_on_from_a_saved_state(model):
    first, second = (make_optimisers(model, CONFIG, n_steps=10) for _ in range(2))
    for _ in range(3):
        for parameter in first.dense:
            parameter.grad = torch.ones_like(parameter)
        first.step()
    second.load_state_dict(first.state_dict())
    assert rates(second) == rates(first)
    first.step()
    second.step()
    assert rates(second) == rates(first)


def test_one_scaler_of_gradients_serves_all_optimisers(model):
    prototypes = model.linker.prototypes
    states = []
    for scale in (None, 1024.0):
        prototypes.memory.weight.data.zero_()
        optimisers = make_optimisers(model, CONFIG, n_steps=10)
        loss = prototypes.vectors_of(torch.tensor([2])).sum() * 1e-6
        if scale is None:
            loss.backward()
            optimisers.step()
        else:
            scaler = torch.amp.GradScaler("cpu", init_scale=scale)
            scaler.scale(loss).backward()
            scaler.unscale_(optimisers.together)
            scaler.step(optimisers.together)
            scaler.update()
            optimisers.together.zero_grad()
        states.append(prototypes.memory.weight[2].detach().clone())
    assert torch.allclose(states[0], states[1])
    assert states[0].any()


def test_a_skipped_step_leaves_the_rate_as_it_is(model):
    optimisers = make_optimisers(model, CONFIG, n_steps=10)
    before = rates(optimisers)
    optimisers.together.step_was_skipped = True
    optimisers.step()
    assert rates(optimisers) == before
