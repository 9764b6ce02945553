// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { Hop, Loan } from "../../contracts/interfaces/IFlashArbitrage.sol";
import { VenueAtFixedRate } from "../support/contracts/Venues.sol";
import { vm } from "./Cheatcodes.sol";
import { ExecutorTest } from "./Executor.sol";

/// @title Life
/// @notice What can happen to FlashArbitrage, in any order: orders that earn, lose or run into hostile venues, donations,
/// sweeps, pauses and strangers. It keeps the books that the invariants are compared with.
contract Life is ExecutorTest {
    string[8] private _hostiles = [
        "VenuePayingLessThanItSays",
        "VenuePayingNothing",
        "VenueTakingLessThanGiven",
        "VenueTakingMoreThanGiven",
        "VenueAnsweringAtLength",
        "VenueAnsweringNothing",
        "VenueSendingEther",
        "VenueRevertingAtLength"
    ];
    VenueAtFixedRate[] private _hostileVenues;

    /// @notice What was donated and not swept since, by token; ether is the zero address.
    mapping(address token => uint256) public donated;
    /// @notice What the treasury must have received, by token.
    mapping(address token => uint256) public earned;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < _hostiles.length; ++i) _hostileVenues.push(_deployVenue(_hostiles[i]));
    }

    /* WHAT HAPPENS */

    function order(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _route(random, loan);
        _drawRates(random, loan, hops);
        _run(loan, hops);
    }

    function orderThroughHostileVenue(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _route(random, loan);
        hops[_draw(random, hops.length)].target = address(_hostileVenues[_draw(random, _hostileVenues.length)]);
        _drawRates(random, loan, hops);
        _run(loan, hops);
    }

    function donate(uint256 seed, uint96 amount) external {
        address token = tokens[seed % tokens.length];
        _fund(token, address(flash), amount);
        donated[token] += amount;
    }

    function donateEther(uint96 amount) external {
        _giveEther(address(flash), amount);
        donated[address(0)] += amount;
    }

    function sweep(uint256 seed) external {
        uint256 index = seed % (tokens.length + 1);
        address token = index == tokens.length ? address(0) : tokens[index];
        vm.prank(OWNER);
        require(flash.sweep(token) == donated[token], "sweeps what was donated");
        earned[token] += donated[token];
        donated[token] = 0;
    }

    function orderWhilePaused(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _route(random, loan);
        vm.prank(OWNER);
        flash.pause();
        (bool success, bytes memory answer) = _execute(loan, hops, 0);
        require(!success && bytes4(answer) == Pausable.EnforcedPause.selector, "refuses orders while paused");
        vm.prank(OWNER);
        flash.unpause();
    }

    function strangerCalls(address stranger, bytes calldata payload) external {
        vm.assume(stranger != OWNER && stranger != OPERATOR && stranger != address(vm));
        vm.prank(stranger);
        (bool ignored, ) = address(flash).call(payload);
        ignored;
    }

    /* WHAT MUST HOLD */

    function requireHoldsDonationsOnly() external view {
        require(address(flash).balance == donated[address(0)], "holds no ether but what was donated");
        for (uint256 i = 0; i < tokens.length; ++i) {
            require(_balance(tokens[i], address(flash)) == donated[tokens[i]], "holds no token but what was donated");
        }
    }

    function requireNoAllowance() external view {
        _requireNoAllowance();
    }

    function requireOnlyTreasuryGains() external view {
        require(TREASURY.balance == earned[address(0)], "the treasury has all ether that was swept");
        require(OWNER.balance + OPERATOR.balance + STRANGER.balance == 0, "nobody else has ether");
        for (uint256 i = 0; i < tokens.length; ++i) {
            require(_balance(tokens[i], TREASURY) == earned[tokens[i]], "the treasury has all that was earned");
            require(_balance(tokens[i], OPERATOR) == INVENTORY, "the operator neither gains nor loses");
            require(_balance(tokens[i], OWNER) + _balance(tokens[i], STRANGER) == 0, "nobody else gains");
        }
    }

    function requireNothingPending() external {
        _requireNothingPending();
    }

    function requireRolesUnchanged() external view {
        require(flash.owner() == OWNER && flash.pendingOwner() == address(0), "the owner is who it was");
        require(flash.treasury() == TREASURY, "the treasury is who it was");
        require(flash.isOperator(OPERATOR) && !flash.isOperator(STRANGER), "the operators are who they were");
    }

    /* BOOKS */

    function _run(Loan memory loan, Hop[] memory hops) private {
        uint256 treasuryBefore = _balance(loan.token, TREASURY);
        uint256 heldBefore = _balance(loan.token, address(flash));
        (bool success, bytes memory answer) = _execute(loan, hops, 0);
        // In the same transaction, where transient storage is not cleared yet.
        _requireNothingPending();
        require(_balance(loan.token, address(flash)) == heldBefore, "an order leaves what was there");
        if (!success) return;
        uint256 profit = abi.decode(answer, (uint256));
        require(profit > 0, "an order that succeeds earns");
        require(_balance(loan.token, TREASURY) - treasuryBefore == profit, "the treasury gets what the order returns");
        earned[loan.token] += profit;
    }

    function _drawRates(Random memory random, Loan memory loan, Hop[] memory hops) private {
        for (uint256 i = 0; i < hops.length; ++i) {
            uint256 rateE18 = 0.95e18 + _draw(random, 0.2e18);
            VenueAtFixedRate target = VenueAtFixedRate(payable(hops[i].target));
            _setRateE18(target, _tokenIn(loan, hops, i), hops[i].tokenOut, rateE18);
        }
    }
}

/// @notice What holds after any history.
contract InvariantsTest {
    /// @dev What the runner reads from `targetSelectors`.
    struct Target {
        address target;
        bytes4[] selectors;
    }

    Life private _life;

    function setUp() external {
        _life = new Life();
        _life.setUp();
    }

    function targetContracts() external view returns (address[] memory contracts) {
        contracts = new address[](1);
        contracts[0] = address(_life);
    }

    /// @dev The functions that are called: weighted by how often they are listed.
    function targetSelectors() external view returns (Target[] memory targets) {
        targets = new Target[](1);
        targets[0].target = address(_life);
        targets[0].selectors = new bytes4[](9);
        targets[0].selectors[0] = Life.order.selector;
        targets[0].selectors[1] = Life.order.selector;
        targets[0].selectors[2] = Life.orderThroughHostileVenue.selector;
        targets[0].selectors[3] = Life.donate.selector;
        targets[0].selectors[4] = Life.donateEther.selector;
        targets[0].selectors[5] = Life.sweep.selector;
        targets[0].selectors[6] = Life.sweep.selector;
        targets[0].selectors[7] = Life.orderWhilePaused.selector;
        targets[0].selectors[8] = Life.strangerCalls.selector;
    }

    function invariant_HoldsNothing() external view {
        _life.requireHoldsDonationsOnly();
    }

    function invariant_AllowsNothing() external view {
        _life.requireNoAllowance();
    }

    function invariant_OnlyTreasuryGains() external view {
        _life.requireOnlyTreasuryGains();
    }

    function invariant_NothingPending() external {
        _life.requireNothingPending();
    }

    function invariant_RolesUnchanged() external view {
        _life.requireRolesUnchanged();
    }
}
