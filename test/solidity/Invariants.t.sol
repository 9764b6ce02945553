// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { Hop, IFlashArbitrage, Lender, Loan } from "../../contracts/interfaces/IFlashArbitrage.sol";
import { LenderOfEveryPattern } from "../support/contracts/Lenders.sol";
import { Thief } from "../support/contracts/Thief.sol";
import { Token, TokenChargingSender, TokenReentering } from "../support/contracts/Tokens.sol";
import { Puller, VenueAtFixedRate } from "../support/contracts/Venues.sol";
import { vm } from "./Cheatcodes.sol";
import { PoolHopsTest } from "./PoolHops.sol";

/// @title Life
/// @notice What can happen to FlashArbitrage, in any order: orders that earn, lose, or run into hostile venues, tokens and
/// lenders; a thief with the operator's key; donations; an owner who sweeps, pauses and changes roles; a guardian, and
/// strangers. It keeps the books that the invariants are compared with.
contract Life is PoolHopsTest {
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
    string[9] private _hostileLenderNames = [
        "LenderNeverCallingBack",
        "LenderCallingBackTwice",
        "LenderChangingPayload",
        "LenderChangingAmount",
        "LenderChangingPurpose",
        "LenderNamingForeignInitiator",
        "LenderSendingLess",
        "LenderTakingMoreThanOwed",
        "LenderTakingLessThanOwed"
    ];
    address internal immutable OTHER_TREASURY = _account("other treasury");

    VenueAtFixedRate[] private _hostileVenues;
    VenueAtFixedRate[] private _hostilePools;
    LenderOfEveryPattern[] private _hostileLenders;
    address[] private _hostileTokens;
    Thief private _thief;

    /// @notice What was donated and not swept since, by token; ether is the zero address.
    mapping(address token => uint256) public donated;
    /// @notice What each treasury must have received, by token.
    mapping(address treasury => mapping(address token => uint256)) public earned;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < _hostiles.length; ++i) {
            _hostileVenues.push(_deployVenue(_hostiles[i]));
            _hostilePools.push(_createVenue(_hostiles[i], Puller(address(0))));
            for (uint256 j = 0; j < tokens.length; ++j) _fund(tokens[j], address(_hostilePools[i]), INVENTORY);
            vm.deal(address(_hostilePools[i]), INVENTORY);
        }
        address[] memory honest = tokens;
        for (uint256 i = 0; i < _hostileLenderNames.length; ++i) _deployHostileLender(_hostileLenderNames[i]);
        _hostileTokens.push(_listNew("TokenReturningNothing", "N"));
        _hostileTokens.push(_listNew("TokenKeepingAllowance", "K"));
        _hostileTokens.push(_listNew("TokenChargingSender", "C"));
        _hostileTokens.push(_listNew("TokenReentering", "R"));
        TokenChargingSender(_hostileTokens[2]).setFeeBps(1);
        _prepareReentering(TokenReentering(_hostileTokens[3]));
        // Other handlers draw from the honest ones.
        tokens = honest;
        _thief = new Thief(address(flash), honest);
        spenders.push(address(_thief));
        for (uint256 i = 0; i < honest.length; ++i) _fund(honest[i], address(_thief), INVENTORY);
        vm.prank(OWNER);
        flash.setGuardian(GUARDIAN);
    }

    function _deployHostileLender(string memory name) private {
        LenderOfEveryPattern created = LenderOfEveryPattern(_deploy(string.concat("Lenders.sol:", name), ""));
        spenders.push(address(created));
        _hostileLenders.push(created);
        for (uint256 i = 0; i < tokens.length; ++i) _fund(tokens[i], address(created), INVENTORY);
    }

    /// @dev The token tries what its holder could gain by, in the middle of every transfer.
    function _prepareReentering(TokenReentering token) private {
        bytes[] memory callbacks = _callbacks(tokens[1], 1e18, "");
        for (uint256 i = 0; i < callbacks.length; ++i) token.prepare(address(flash), callbacks[i]);
        token.prepare(address(flash), abi.encodeCall(flash.sweep, (tokens[1])));
    }

    /* WHAT HAPPENS */

    function order(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _route(random, loan);
        _drawRates(random, loan, hops);
        _drawLimits(random, loan, hops);
        _run(loan, hops, _draw(random, loan.amount / 4));
    }

    function orderThroughHostileVenue(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _route(random, loan);
        Hop memory hop = hops[_draw(random, hops.length)];
        VenueAtFixedRate[] storage hostiles = hop.target == address(venue) ? _hostileVenues : _hostilePools;
        hop.target = address(hostiles[_draw(random, hostiles.length)]);
        _drawRates(random, loan, hops);
        _run(loan, hops, 0);
    }

    /// @dev A pool that lends, and does not keep to it.
    function orderFromHostileLender(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        while (!_isPool(loan)) loan = _loan(random);
        LenderOfEveryPattern lender = _hostileLenders[_draw(random, _hostileLenders.length)];
        loan.source = address(lender);
        address other = loan.token;
        while (other == loan.token) other = tokens[_draw(random, tokens.length)];
        lender.setFeeBps(_draw(random, 200));
        lender.setPool(loan.token, other, _draw(random, 12));
        Hop[] memory hops = _route(random, loan);
        _drawRates(random, loan, hops);
        _run(loan, hops, 0);
    }

    /// @dev There and back through a token that departs from the standard.
    function orderThroughHostileToken(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = new Hop[](2);
        address token = _hostileTokens[_draw(random, _hostileTokens.length)];
        if (token == loan.token) return;
        hops[0] = _drawHop(random, loan, loan.token, token);
        hops[1] = _drawHop(random, loan, token, loan.token);
        _drawRates(random, loan, hops);
        _run(loan, hops, 0);
    }

    /// @dev Whoever has the operator's key sends routes through contracts of their own, which also lend. Every honest hop
    /// pays one for one: a spread of the market would be the thief's to take, and is nobody's here.
    function theftWithOperatorKey(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        // Not the operator's own money: that the key can spend by itself.
        while (loan.lender == uint8(Lender.Operator)) loan = _loan(random);
        if (_isPool(loan) && _draw(random, 2) == 0) loan.source = address(_thief);
        Hop[] memory hops = _route(random, loan);
        for (uint256 i = 0; i < hops.length; ++i) {
            address tokenIn = _tokenIn(loan, hops, i);
            _setRateE18(VenueAtFixedRate(payable(hops[i].target)), tokenIn, hops[i].tokenOut, 1e18);
            if (_draw(random, 2) == 0) continue;
            hops[i].target = _anyTarget(random);
            hops[i].data = _anyData(random, hops[i].data);
        }
        bytes[] memory demands = _callbacks(loan.token, loan.amount, abi.encode(loan.token, loan.amount));
        uint256 paid = _draw(random, 2) == 0 ? _draw(random, 2 * loan.amount) : 0;
        _thief.instruct(_draw(random, 2 * loan.amount), tokens[_draw(random, tokens.length)], paid, demands);
        _run(loan, hops, 0);
        // What a thief sends and no hop asked for is a donation.
        for (uint256 i = 0; i < tokens.length; ++i) {
            uint256 there = _balance(tokens[i], address(flash));
            require(there >= donated[tokens[i]], "a thief takes no donation");
            donated[tokens[i]] = there;
        }
    }

    function _anyTarget(Random memory random) private view returns (address) {
        uint256 kind = _draw(random, 8);
        if (kind == 0) return tokens[_draw(random, tokens.length)];
        if (kind == 1) return address(flash);
        if (kind == 2) return morpho;
        if (kind == 3) return address(puller);
        if (kind == 4) return address(uint160(_draw(random, type(uint160).max)));
        return address(_thief);
    }

    /// @dev The shapes of data by which venues know a pool from a router, and what was there.
    function _anyData(Random memory random, bytes memory data) private pure returns (bytes memory) {
        uint256 kind = _draw(random, 4);
        if (kind == 0) return "";
        if (kind == 1) return abi.encodePacked(uint160(_draw(random, 2) == 0 ? 0 : _draw(random, type(uint160).max)));
        if (kind == 2) return abi.encodePacked(_draw(random, 2) == 0 ? bytes4(0xbd6015b4) : bytes4(0xdd93f59a));
        return data;
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
        earned[flash.treasury()][token] += donated[token];
        donated[token] = 0;
    }

    function changeTreasury(bool other) external {
        vm.prank(OWNER);
        flash.setTreasury(other ? OTHER_TREASURY : TREASURY);
    }

    /// @dev An operator for one order, and none after it.
    function changeOperator(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _route(random, loan);
        _drawRates(random, loan, hops);
        vm.prank(OWNER);
        flash.setOperator(OPERATOR, false);
        (bool success, bytes memory answer) = _execute(loan, hops, 0);
        require(!success && bytes4(answer) == IFlashArbitrage.NotOperator.selector, "refuses who is none any more");
        vm.prank(OWNER);
        flash.setOperator(OPERATOR, true);
    }

    /// @dev The guardian can stop, and not start again, nor anything else.
    function guardianCalls(bytes calldata payload) external {
        vm.prank(GUARDIAN);
        flash.pause();
        vm.startPrank(GUARDIAN);
        (bool unpaused, ) = address(flash).call(abi.encodeCall(flash.unpause, ()));
        (bool swept, ) = address(flash).call(abi.encodeCall(flash.sweep, (tokens[0])));
        (bool turned, ) = address(flash).call(abi.encodeCall(flash.setTreasury, (GUARDIAN)));
        (bool promoted, ) = address(flash).call(abi.encodeCall(flash.setOperator, (GUARDIAN, true)));
        (bool ignored, ) = address(flash).call(payload);
        vm.stopPrank();
        ignored;
        require(!unpaused && !swept && !turned && !promoted, "a guardian pauses and nothing else");
        vm.prank(OWNER);
        flash.unpause();
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
        vm.assume(stranger != OWNER && stranger != OPERATOR && stranger != GUARDIAN && stranger != address(vm));
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
        require(
            _isPaid(TREASURY) && _isPaid(OTHER_TREASURY),
            "a treasury has all that was earned and swept while it was one"
        );
        require(OWNER.balance + OPERATOR.balance + STRANGER.balance + GUARDIAN.balance == 0, "nobody else has ether");
        uint256 thiefs = address(_thief).balance;
        for (uint256 i = 0; i < tokens.length; ++i) {
            address token = tokens[i];
            require(_balance(token, OPERATOR) == INVENTORY, "the operator neither gains nor loses");
            require(_balance(token, OWNER) + _balance(token, STRANGER) == 0, "nobody else gains");
            require(_balance(token, GUARDIAN) == 0, "the guardian gains nothing");
            thiefs += _balance(token, address(_thief));
        }
        // A unit of any token is worth one of any other: the honest hops of the thief's routes pay one for one.
        require(thiefs <= tokens.length * INVENTORY, "a thief with the operator's key gains nothing");
    }

    function _isPaid(address treasury) private view returns (bool) {
        if (treasury.balance != earned[treasury][address(0)]) return false;
        for (uint256 i = 0; i < tokens.length; ++i) {
            if (_balance(tokens[i], treasury) != earned[treasury][tokens[i]]) return false;
        }
        return true;
    }

    function requireNothingPending() external {
        _requireNothingPending();
    }

    function requireRolesUnchanged() external view {
        require(flash.owner() == OWNER && flash.pendingOwner() == address(0), "the owner is who it was");
        require(flash.guardian() == GUARDIAN, "the guardian is who it was");
        address treasury = flash.treasury();
        require(treasury == TREASURY || treasury == OTHER_TREASURY, "the treasury is who the owner made it");
        require(flash.isOperator(OPERATOR) && !flash.isOperator(STRANGER), "the operators are who they were");
    }

    /* BOOKS */

    function _run(Loan memory loan, Hop[] memory hops, uint256 minProfit) private {
        address treasury = flash.treasury();
        uint256 treasuryBefore = _balance(loan.token, treasury);
        uint256 heldBefore = _balance(loan.token, address(flash));
        (bool success, bytes memory answer) = _execute(loan, hops, minProfit);
        // In the same transaction, where transient storage is not cleared yet.
        _requireNothingPending();
        require(_balance(loan.token, address(flash)) == heldBefore, "an order leaves what was there");
        if (!success) return;
        uint256 profit = abi.decode(answer, (uint256));
        require(profit > 0 && profit >= minProfit, "an order that succeeds earns what it was to earn");
        require(_balance(loan.token, treasury) - treasuryBefore == profit, "the treasury gets what the order returns");
        earned[treasury][loan.token] += profit;
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
        targets[0].selectors = new bytes4[](16);
        targets[0].selectors[0] = Life.order.selector;
        targets[0].selectors[1] = Life.order.selector;
        targets[0].selectors[2] = Life.order.selector;
        targets[0].selectors[3] = Life.orderThroughHostileVenue.selector;
        targets[0].selectors[4] = Life.orderFromHostileLender.selector;
        targets[0].selectors[5] = Life.orderThroughHostileToken.selector;
        targets[0].selectors[6] = Life.theftWithOperatorKey.selector;
        targets[0].selectors[7] = Life.theftWithOperatorKey.selector;
        targets[0].selectors[8] = Life.donate.selector;
        targets[0].selectors[9] = Life.donateEther.selector;
        targets[0].selectors[10] = Life.sweep.selector;
        targets[0].selectors[11] = Life.changeTreasury.selector;
        targets[0].selectors[12] = Life.changeOperator.selector;
        targets[0].selectors[13] = Life.guardianCalls.selector;
        targets[0].selectors[14] = Life.orderWhilePaused.selector;
        targets[0].selectors[15] = Life.strangerCalls.selector;
    }

    /// @dev Two campaigns and not five: each takes all its calls for itself.
    function invariant_HoldsNothingAndOwesNothing() external {
        _life.requireHoldsDonationsOnly();
        _life.requireNoAllowance();
        _life.requireNothingPending();
    }

    function invariant_OnlyTreasuryGainsAndOnlyOwnerChanges() external view {
        _life.requireOnlyTreasuryGains();
        _life.requireRolesUnchanged();
    }
}
